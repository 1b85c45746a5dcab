import type { FastifyBaseLogger, FastifySerializerCompiler } from 'fastify';
import type { z } from 'zod';

/**
 * `log`: the response is sent unchanged, because a finished apply must not become an error due to a
 * wrong type. The log names the difference. `throw`: for tests.
 */
export type MismatchPolicy = 'log' | 'throw';

/** With `log`, this number of responses of each route is compared, then one in COMPARED_ONE_IN. */
const COMPARED_FIRST = 20;
const COMPARED_ONE_IN = 100;

/**
 * Compares responses with the schema of the API. Tests compare every response. In production,
 * comparing a list of clusters would take longer than creating it, and a difference shows in the
 * first responses or in a sample, because its cause is in the code.
 */
export function serializerCompilerOf(
  policy: MismatchPolicy,
  log: FastifyBaseLogger,
): FastifySerializerCompiler<z.ZodType> {
  return ({ schema, method, url, httpStatus }) => {
    let responses = 0;
    const shared = new SharedResponses();
    const write = (data: unknown): string => shared.keep(data, JSON.stringify(data));
    return (data: unknown) => {
      const known = shared.find(data);
      if (known !== undefined) return known;
      responses += 1;
      const compared = responses <= COMPARED_FIRST || responses % COMPARED_ONE_IN === 0;
      if (policy === 'log' && !compared) return write(data);
      const result = schema.safeParse(data);
      if (!result.success) {
        const issues = result.error.issues.map(
          ({ path, message }) => `${path.join('.')}: ${message}`,
        );
        const message = `${method} ${url} returned ${httpStatus} with a body that differs from its description`;
        if (policy === 'throw') throw new Error(`${message}: ${issues.join('; ')}`);
        log.error({ issues }, message);
      }
      return write(data);
    };
  };
}

/** Texts of responses that several callers receive (see SharedReads). They are never modified. */
class SharedResponses {
  readonly #texts = new WeakMap<object, string>();

  /** @returns the text */
  keep(response: unknown, text: string): string {
    if (isObject(response)) this.#texts.set(response, text);
    return text;
  }

  /** Bytes from the second time on, so that a long text is not encoded again for each caller. */
  find(response: unknown): string | undefined {
    if (!isObject(response)) return undefined;
    const known = this.#texts.get(response);
    if (typeof known !== 'string') return known;
    // Fastify also sends a Buffer, although the type of a serializer permits only a string.
    return this.keep(response, Buffer.from(known) as unknown as string);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
