import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HathiError } from '../../core/errors.ts';

/**
 * Rejects requests whose target is ambiguous. A proxy and this server could read another host from
 * them, and the checks of host and origin compare only one.
 */
export function rejectAmbiguousTargets(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const sentence = ambiguityOf(request);
    done(sentence === null ? undefined : new HathiError('INVALID_REQUEST', sentence));
  });
}

function ambiguityOf({ raw }: FastifyRequest): string | null {
  // Node keeps the first of several Host headers in `headers` and reports no error.
  const hosts = raw.rawHeaders.filter((text, index) => index % 2 === 0 && /^host$/i.test(text));
  // light-my-request, which tests use, has no raw headers.
  const count = raw.rawHeaders.length === 0 ? Number('host' in raw.headers) : hosts.length;
  if (count !== 1 || raw.headers.host === '') {
    return `The request has ${count === 0 ? 'no' : count} Host headers; send exactly one with a value.`;
  }
  if (raw.url?.startsWith('/')) return null;
  return 'The target of the request must be a path, e.g. "GET /health HTTP/1.1"; send the host in the Host header.';
}
