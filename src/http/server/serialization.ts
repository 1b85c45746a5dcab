import type { FastifyBaseLogger, FastifySerializerCompiler } from 'fastify';
import type { z } from 'zod';

/**
 * `log`: the answer is sent as it is, since a finished apply must not turn into an error over a
 * member's type; the log names the difference. `throw`: for tests.
 */
export type MismatchPolicy = 'log' | 'throw';

/** Under `log`, so many answers of each kind are compared, and then one in COMPARED_ONE_IN. */
const COMPARED_FIRST = 20;
const COMPARED_ONE_IN = 100;

/**
 * Compares answers with the schema that the API's description promises: in tests every one. In
 * production a list of clusters would take longer to compare than to make, and a difference shows
 * in the first answers or in a sample, as it lies in the code.
 */
export function serializerCompilerOf(
  policy: MismatchPolicy,
  log: FastifyBaseLogger,
): FastifySerializerCompiler<z.ZodType> {
  return ({ schema, method, url, httpStatus }) => {
    let answers = 0;
    const shared = new SharedResponses();
    const write = (data: unknown): string => shared.keep(data, JSON.stringify(data));
    return (data: unknown) => {
      const known = shared.find(data);
      if (known !== undefined) return known;
      answers += 1;
      const compared = answers <= COMPARED_FIRST || answers % COMPARED_ONE_IN === 0;
      if (policy === 'log' && !compared) return write(data);
      const result = schema.safeParse(data);
      if (!result.success) {
        const issues = result.error.issues.map(
          ({ path, message }) => `${path.join('.')}: ${message}`,
        );
        const message = `${method} ${url} answered ${httpStatus} otherwise than described`;
        if (policy === 'throw') throw new Error(`${message}: ${issues.join('; ')}`);
        log.error({ issues }, message);
      }
      return write(data);
    };
  };
}

/** Texts of answers that several callers get (see SharedReads): nobody changes one that is made. */
class SharedResponses {
  readonly #texts = new WeakMap<object, string>();

  /** @returns the text */
  keep(answer: unknown, text: string): string {
    if (isObject(answer)) this.#texts.set(answer, text);
    return text;
  }

  /** From the second time on as bytes, which spares a long text to be encoded for each caller. */
  find(answer: unknown): string | undefined {
    if (!isObject(answer)) return undefined;
    const known = this.#texts.get(answer);
    if (typeof known !== 'string') return known;
    // Fastify sends a Buffer as well as a string, which is the type it gives to a serializer.
    return this.keep(answer, Buffer.from(known) as unknown as string);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
