import type { FastifyInstance } from 'fastify';
import { HttpError } from '../errors/http-error.ts';

/**
 * Largest accepted body. The largest useful one has every parameter of PostgreSQL and every label,
 * which is about 50 KiB.
 */
export const MAX_BODY_BYTES = 256 * 1024;

/**
 * JSON is the only body that is taken. An empty one, with or without a content type, stands for
 * `{}`, since `curl -X POST … -H "Content-Type: application/json"` sends just that.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, parseJson(String(text)));
    } catch (error) {
      done(error as Error);
    }
  });
  app.addHook('preValidation', async (request) => {
    const takesBody = request.method === 'POST' || request.method === 'PATCH';
    if (takesBody && request.body === undefined) request.body = {};
  });
}

/** @throws MALFORMED_JSON with the parser's own words, which name the place */
function parseJson(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HttpError('MALFORMED_JSON', `The body is not valid JSON: ${reason}.`);
  }
}
