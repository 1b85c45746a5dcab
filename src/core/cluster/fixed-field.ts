import type { FieldError } from '../field-errors.ts';

/** A change of a spec that cannot be applied to the existing machines of the cluster. */
export interface FixedField {
  /** Path in the request without the leading slash, e.g. `instance_type`. */
  field: string;
  before: unknown;
  after: unknown;
  /** Consequence of the change, as the rest of a sentence. */
  why: string;
}

export function fixedFieldError({ field, before, after, why }: FixedField): FieldError {
  return {
    path: `/${field}`,
    message: `cannot change from ${JSON.stringify(before)} to ${JSON.stringify(after)} while machines exist: ${why}; make another cluster for it`,
    expected: JSON.stringify(before),
  };
}
