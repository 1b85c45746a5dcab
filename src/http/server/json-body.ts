import type { FastifyInstance } from 'fastify';
import { HttpError } from '../errors/http-error.ts';

/**
 * Maximum size of a body. The largest useful body has every parameter of PostgreSQL and every
 * label, which is about 50 KiB.
 */
export const MAX_BODY_BYTES = 256 * 1024;

/**
 * Only JSON bodies are accepted. An empty body, with or without a content type, means `{}`, because
 * `curl -X POST … -H "Content-Type: application/json"` sends an empty body.
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

/** @throws MALFORMED_JSON with the message of the parser, which names the position */
function parseJson(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HttpError('MALFORMED_JSON', `The body is not valid JSON: ${reason}.`);
  }
}
