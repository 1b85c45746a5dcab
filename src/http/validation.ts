import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { HathiError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { describeExpected, jsonSchemaOf, schemaAt } from './expected.ts';
import type { FieldError } from './problem.ts';

/** A value in a sentence is cut here; the caller knows what was sent. */
const SHOWN_CHARACTERS = 60;

const PART_NAMES: Record<string, string> = {
  body: 'The body',
  params: 'The path',
  querystring: 'The query',
  headers: 'The headers',
};

/**
 * Checks one part of a request. Unknown members are refused, since the schemas are strict.
 * @returns INVALID_CLUSTER_NAME where nothing but a cluster's name is wrong, else INVALID_REQUEST
 */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return (data: unknown) => {
    if (!isStorable(data)) return { error: unstorable(httpPart ?? 'body') };
    const result = schema.safeParse(data, { reportInput: true });
    if (result.success) return { value: result.data };
    return { error: refusal(result.error.issues, schema, httpPart ?? 'body') };
  };
};

/**
 * Whether PostgreSQL can keep every text in it: it has no NUL, nor half a surrogate pair, both of
 * which JSON can say. Bodies are as deep as JSON's parser lets them be, so this does not recurse.
 */
function isStorable(data: unknown): boolean {
  const left = [data];
  for (let value = left.pop(); value !== undefined || left.length > 0; value = left.pop()) {
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) return false;
    if (typeof value === 'object' && value !== null) {
      if (!Array.isArray(value)) left.push(...Object.keys(value));
      left.push(...Object.values(value));
    }
  }
  return true;
}

function unstorable(part: string): HathiError {
  const message = `${PART_NAMES[part] ?? 'It'} must be text without NUL and without halves of surrogate pairs.`;
  return new HathiError('INVALID_REQUEST', message, { errors: [{ path: '', message }] });
}

function refusal(issues: z.core.$ZodIssue[], schema: z.ZodType, part: string): HathiError {
  const errors = issues.flatMap((issue) => explain(issue, schema, part));
  const concernsName = issues.every(({ path }) => isClusterName(path, part));
  const code = concernsName ? 'INVALID_CLUSTER_NAME' : 'INVALID_REQUEST';
  const detail = errors.map(({ message }) => message).join(' ');
  return new HathiError(code, detail, { errors });
}

function isClusterName(path: readonly PropertyKey[], part: string): boolean {
  return path.length === 1 && path[0] === (part === 'params' ? 'name' : 'cluster');
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodType, part: string): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    const here = schemaAt(jsonSchemaOf(schema), issue.path);
    return issue.keys.map((key) => unknownField(key, Object.keys(here?.properties ?? {}), issue));
  }
  const rule = ruleOf(issue, schema);
  const subject = issue.path.length === 0 ? (PART_NAMES[part] ?? 'It') : nameOf(issue.path);
  const message =
    rule === null ? `${subject}: ${issue.message}.` : `${subject} must ${rule}${butWas(issue)}.`;
  const expected = rule?.replace(/^be /, '');
  return [{ path: pointer(issue.path), message, ...(expected === undefined ? {} : { expected }) }];
}

/** To be read after "must". The schema knows best; a message of our own knows better still. */
function ruleOf(issue: z.core.$ZodIssue, schema: z.ZodType): string | null {
  const own = issue.message.startsWith('must ') ? issue.message.slice('must '.length) : null;
  if (own !== null) return own;
  const at = schemaAt(jsonSchemaOf(schema), issue.path);
  const expected = at === undefined ? null : describeExpected(at);
  return expected === null ? null : `be ${expected}`;
}

function unknownField(key: string, known: string[], issue: z.core.$ZodIssue): FieldError {
  const near = nearestName(key, known);
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

/** A value as JSON, so that a newline or a quote in it is seen, cut to a readable length. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((segment, index) =>
      typeof segment === 'number' ? `[${segment}]` : `${index > 0 ? '.' : ''}${String(segment)}`,
    )
    .join('');
}

/** @see RFC 6901 */
function pointer(path: readonly PropertyKey[]): string {
  return path
    .map((segment) => `/${String(segment).replace(/~/g, '~0').replace(/\//g, '~1')}`)
    .join('');
}
