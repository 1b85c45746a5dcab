import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { HathiError } from '../../core/errors.ts';
import {
  type FieldError,
  listFieldErrors,
  MAX_LISTED_ERRORS,
  MAX_SUGGESTIONS,
} from '../../core/field-errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import { nameOf, PART_NAMES, pointer } from '../errors/field-names.ts';
import { describeExpected, jsonSchemaOf, schemaAt } from '../openapi/schema-descriptions.ts';
import { excessOf } from './count-limits.ts';
import { unusableValueIn } from './plain-values.ts';

/** Maximum length of a value in a sentence. Longer values are cut. */
const SHOWN_CHARACTERS = 60;

/**
 * Validates one part of a request. Unknown members are refused, because the schemas are strict.
 * @returns INVALID_CLUSTER_NAME if only the name of a cluster is invalid, otherwise INVALID_REQUEST
 */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return (data: unknown) => {
    // The server limits headers, and most headers have no schema.
    const excess = httpPart === 'headers' ? null : excessOf(data, schema, httpPart ?? 'body');
    if (excess !== null) return { error: excess };
    const unusable = unusableValueIn(data, httpPart ?? 'body');
    if (unusable !== null) return { error: unusable };
    const result = schema.safeParse(data, { reportInput: true });
    if (result.success) return { value: result.data };
    return { error: refusal(result.error.issues, schema, httpPart ?? 'body') };
  };
};

function refusal(issues: z.core.$ZodIssue[], schema: z.ZodType, part: string): HathiError {
  const count = issues.reduce((sum, issue) => sum + errorsIn(issue), 0);
  const errors: FieldError[] = [];
  for (const issue of issues) {
    if (errors.length >= MAX_LISTED_ERRORS) break;
    errors.push(...explain(issue, schema, part, MAX_LISTED_ERRORS - errors.length));
  }
  const concernsName = issues.every(({ path }) => isClusterName(path, part));
  const code = concernsName ? 'INVALID_CLUSTER_NAME' : 'INVALID_REQUEST';
  const { detail, details } = listFieldErrors(errors, count);
  return new HathiError(code, detail, details);
}

function errorsIn(issue: z.core.$ZodIssue): number {
  return issue.code === 'unrecognized_keys' ? issue.keys.length : 1;
}

function isClusterName(path: readonly PropertyKey[], part: string): boolean {
  return path.length === 1 && path[0] === (part === 'params' ? 'name' : 'cluster');
}

/** @param most maximum number of entries to return */
function explain(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  part: string,
  most: number,
): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    const here = schemaAt(jsonSchemaOf(schema), issue.path);
    const known = Object.keys(here?.properties ?? {});
    return issue.keys.slice(0, most).map((key, index) => unknownField(key, known, issue, index));
  }
  const rule = ruleOf(issue, schema);
  const subject = issue.path.length === 0 ? (PART_NAMES[part] ?? 'It') : nameOf(issue.path);
  const message =
    rule === null ? `${subject}: ${issue.message}.` : `${subject} must ${rule}${butWas(issue)}.`;
  const expected = rule?.replace(/^be /, '');
  return [{ path: pointer(issue.path), message, ...(expected === undefined ? {} : { expected }) }];
}

/** Text after "must". A message of the schema takes precedence over the generated text. */
function ruleOf(issue: z.core.$ZodIssue, schema: z.ZodType): string | null {
  const own = issue.message.startsWith('must ') ? issue.message.slice('must '.length) : null;
  if (own !== null) return own;
  const at = schemaAt(jsonSchemaOf(schema), issue.path);
  const expected = at === undefined ? null : describeExpected(at);
  return expected === null ? null : `be ${expected}`;
}

function unknownField(
  key: string,
  known: string[],
  issue: z.core.$ZodIssue,
  index: number,
): FieldError {
  const near = index < MAX_SUGGESTIONS ? nearestName(key, known) : null;
  const allowed = known.length === 0 ? 'no field is known here.' : `known are ${known.join(', ')}.`;
  return {
    path: pointer([...issue.path, key]),
    message: `There is no field ${shown(key)}; ${near === null ? allowed : `did you mean ${near}?`}`,
    expected: known.length === 0 ? 'no field' : `one of ${known.join(', ')}`,
    ...(near === null ? {} : { suggestion: near }),
  };
}

function butWas(issue: z.core.$ZodIssue): string {
  if (issue.input === undefined) return '; it is missing';
  return `, not ${shown(issue.input)}`;
}

/** A value as JSON, so that a newline or a quote is visible, cut to a readable length. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
