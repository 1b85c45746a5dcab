import { z } from 'zod';
import { MAX_LISTED_ERRORS } from '../../core/field-errors.ts';
import { PROBLEM_CODES, type ProblemCode } from '../errors/http-error.ts';
import { PROBLEM_MEDIA_TYPE, STATUS_OF } from '../errors/problem.ts';
import { remedyRequestSchema } from './remedy.ts';

const codes = Object.keys(PROBLEM_CODES) as [ProblemCode, ...ProblemCode[]];

export const errorCodeSchema = z.enum(codes).meta({ id: 'ErrorCode' });

export const fieldErrorSchema = z
  .object({
    path: z.string().describe('JSON pointer to the member that was wrong.'),
    message: z.string().describe('What was wrong, as a sentence.'),
    expected: z.string().optional().describe('What would be right.'),
    suggestion: z.string().optional().describe('The nearest known name.'),
  })
  .meta({ id: 'FieldError' });

export const problemSchema = z
  .looseObject({
    type: z.string().describe('Relative URL that says what the code means and what helps.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What was wrong, where, and what would be right.'),
    code: errorCodeSchema,
    request_id: z.string().optional().describe('Names the request in the log of the server.'),
    errors: z
      .array(fieldErrorSchema)
      .max(MAX_LISTED_ERRORS)
      .optional()
      .describe('The first errors of the request.'),
    error_count: z
      .int()
      .optional()
      .describe('Number of all errors, if `errors` has only the first ones.'),
    operation: z.string().optional().describe('Id of the operation that is meant.'),
    remedies: z
      .array(remedyRequestSchema)
      .optional()
      .describe('What to do next, in order or to choose from.'),
  })
  .meta({
    id: 'Problem',
    description: 'An error (RFC 9457). Members beyond these are facts of the occurrence.',
    examples: [
      {
        type: '/errors/STEP_MISSING',
        title: PROBLEM_CODES.STEP_MISSING,
        status: 409,
        detail: 'plan-terraform needs generate-terraform to be done first.',
        code: 'STEP_MISSING',
        step: 'plan-terraform',
        missing: 'generate-terraform',
      },
    ],
  });

/** Returned by every route. */
const ANY_ROUTE: readonly ProblemCode[] = [
  'INVALID_REQUEST',
  'FORBIDDEN_HOST',
  'FORBIDDEN_ORIGIN',
  'UNAUTHORIZED',
  'TOO_MANY_REQUESTS',
  'INTERNAL',
];

/** Returned by any route with a body; such a route also writes to the database. */
export const BODY_PROBLEMS: readonly ProblemCode[] = [
  'INVALID_REQUEST',
  'MALFORMED_JSON',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'DISK_FULL',
];

/** Returned by routes that take PostgreSQL parameters. */
export const PARAMETER_PROBLEMS: readonly ProblemCode[] = codes.filter(
  (code) => code.startsWith('PARAMETER_') && STATUS_OF[code] === 400,
);

/**
 * Problem documents of a route: one response for each status, with the codes in its description.
 */
export function problems(...specific: readonly ProblemCode[]) {
  const byStatus = Map.groupBy(new Set([...specific, ...ANY_ROUTE]), (code) => STATUS_OF[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\`: ${PROBLEM_CODES[code]}`).join('\n\n'),
        content: { [PROBLEM_MEDIA_TYPE]: { schema: problemSchema } },
      },
    ]),
  );
}
