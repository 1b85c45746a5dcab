import type { FastifyBaseLogger, FastifySerializerCompiler } from 'fastify';
import type { z } from 'zod';

/**
 * `log`: the answer is sent as it is, since a finished apply must not turn into an error over a
 * member's type; the log names the difference. `throw`: for tests.
 */
export type MismatchPolicy = 'log' | 'throw';

/** Compares every answer with the schema that the API's description promises. */
export function serializerCompilerOf(
  policy: MismatchPolicy,
  log: FastifyBaseLogger,
): FastifySerializerCompiler<z.ZodType> {
  return ({ schema, method, url, httpStatus }) =>
    (data: unknown) => {
      const result = schema.safeParse(data);
      if (!result.success) {
        const issues = result.error.issues.map(
          ({ path, message }) => `${path.join('.')}: ${message}`,
        );
        const message = `${method} ${url} answered ${httpStatus} otherwise than described`;
        if (policy === 'throw') throw new Error(`${message}: ${issues.join('; ')}`);
        log.error({ issues }, message);
      }
      return JSON.stringify(data);
    };
}
