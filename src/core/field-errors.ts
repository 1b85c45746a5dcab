import { HathiError } from './errors.ts';

/** One invalid field of a request. */
export interface FieldError {
  /**
   * JSON pointer into the body, e.g. `/replica_count`; in the path and query, the member's name.
   */
  path: string;
  /** The fault, as a sentence. */
  message: string;
  /** The valid values, e.g. `a whole number from 0 to 15`. */
  expected?: string;
  /** The nearest valid name, if the name is unknown. */
  suggestion?: string;
}

/** Maximum number of entries of `errors` in a problem document. A person corrects these first. */
export const MAX_LISTED_ERRORS = 20;

/** Maximum number of sentences in `detail`. */
const MAX_SENTENCES = 5;

/** Maximum number of unknown names for which a valid name is searched, because that is slow. */
export const MAX_SUGGESTIONS = 10;

/** The members of a problem document about its fields, and a sentence for `detail`. */
export interface FieldErrorList {
  detail: string;
  details: { errors: FieldError[]; error_count?: number };
}

/** @param count number of all errors, if `errors` has only the first ones */
export function listFieldErrors(
  errors: readonly FieldError[],
  count: number = errors.length,
): FieldErrorList {
  const sentences = errors.slice(0, MAX_SENTENCES).map(({ message }) => message);
  const rest = count - sentences.length;
  if (rest > 0)
    sentences.push(`There ${rest === 1 ? 'is 1 more error' : `are ${rest} more errors`}.`);
  return {
    detail: sentences.join(' '),
    details: {
      errors: errors.slice(0, MAX_LISTED_ERRORS),
      ...(count > MAX_LISTED_ERRORS ? { error_count: count } : {}),
    },
  };
}

/**
 * The error of a request whose fields have valid forms but cannot be used. Each message follows the
 * name of its field.
 */
export function invalidFields(errors: readonly FieldError[]): HathiError {
  const detail = errors.map(({ path, message }) => `${path.slice(1)}: ${message}.`).join(' ');
  return new HathiError('INVALID_REQUEST', detail, { errors });
}
