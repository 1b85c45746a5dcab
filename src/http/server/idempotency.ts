import { createHash } from 'node:crypto';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onSendAsyncHookHandler,
  preHandlerAsyncHookHandler,
} from 'fastify';
import { z } from 'zod';
import { HathiError } from '../../core/errors.ts';
import type { OperationService } from '../../services/operations/operation-service.ts';
import type { Caller } from '../../services/operations/requests.ts';
import type { IdempotencyService } from '../../services/server/idempotency-service.ts';

const HEADER = 'idempotency-key';
/** Printable ASCII without spaces at its ends. */
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;
const MUTATIONS = ['POST', 'PATCH', 'DELETE'];

/** For the description of routes that change something. */
export const idempotencyHeader = {
  [HEADER]: z
    .string()
    .optional()
    .describe(
      'Unique key of the request, e.g. a UUID. For one day, a repeated request with the same key returns the same response.',
    )
    .meta({ pattern: KEY.source }),
};

export const idempotencyHeaders = z.looseObject(idempotencyHeader);

/** Errors of any route that changes something. */
export const IDEMPOTENCY_PROBLEMS = ['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_KEY_IN_USE'] as const;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set after this request has acquired its key. */
    idempotencyKey: string | null;
  }
}

export function callerOf(request: FastifyRequest): Caller {
  return { idempotencyKey: request.idempotencyKey };
}

export interface IdempotencyOptions {
  idempotency: IdempotencyService;
  operations: OperationService;
}

/**
 * A request with a completed key gets the stored response and is not executed again. The key is
 * acquired before the work and settled after it. In between the server holds it. If the server
 * dies, the operation with the key shows the result of the request.
 */
export function respondOnce(app: FastifyInstance, options: IdempotencyOptions): void {
  app.decorateRequest('idempotencyKey', null);
  const takeKey: preHandlerAsyncHookHandler = async (request, reply) => {
    const key = request.headers[HEADER];
    if (key === undefined) return;
    if (typeof key !== 'string' || !KEY.test(key)) throw badKey();
    const known = await options.idempotency.take(key, fingerprintOf(request));
    if (known === 'taken') request.idempotencyKey = key;
    else if (known !== 'abandoned') return await replay(reply, known);
    else return await resume(options, request, reply, key);
  };
  const settleKey: onSendAsyncHookHandler = async (request, reply, payload) => {
    const key = request.idempotencyKey;
    if (key === null) return payload;
    request.idempotencyKey = null;
    const location = reply.getHeader('location');
    await options.idempotency.settle(key, {
      status: reply.statusCode,
      location: typeof location === 'string' ? location : null,
      body: typeof payload === 'string' ? payload : '',
    });
    return payload;
  };
  app.addHook('onRoute', (route) => {
    if (![route.method].flat().some((method) => MUTATIONS.includes(method))) return;
    route.preHandler = [takeKey, ...[route.preHandler ?? []].flat()];
    route.onSend = [...[route.onSend ?? []].flat(), settleKey];
  });
}

async function replay(
  reply: FastifyReply,
  { status, location, body }: { status: number; location: string | null; body: string },
): Promise<FastifyReply> {
  const type = status >= 400 ? 'application/problem+json' : 'application/json; charset=utf-8';
  if (location !== null) reply.header('location', location);
  return await reply
    .code(status)
    .header('idempotency-replayed', 'true')
    .type(type)
    .serializer((text: unknown) => String(text))
    .send(body);
}

/**
 * The server that acquired the key died. Its operation is the response, or no work was done yet.
 */
async function resume(
  { operations }: IdempotencyOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  key: string,
): Promise<FastifyReply | undefined> {
  request.idempotencyKey = key;
  const operation = await operations.findByIdempotencyKey(key);
  if (!operation) return undefined;
  return await reply
    .code(202)
    .header('location', `/api/v1/operations/${operation.id}`)
    .serializer(JSON.stringify)
    .type('application/json; charset=utf-8')
    .send(operation);
}

function fingerprintOf(request: FastifyRequest): string {
  // Parts of a request that decide its effect. `Prefer` is left out: it decides only how long the
  // caller waits, and a repeated request may wait for a shorter time. The content type is always
  // JSON.
  const parts = [
    request.method,
    request.url,
    request.headers['if-match'] ?? null,
    canonical(request.body),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Sorts the members, so that their order does not change the fingerprint. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, canonical(member)]);
}

function badKey(): HathiError {
  const message = 'Idempotency-Key must be 1 to 255 printable ASCII characters, e.g. a UUID.';
  return new HathiError('INVALID_REQUEST', message, {
    errors: [{ path: `/${HEADER}`, message, expected: '1 to 255 printable ASCII characters' }],
  });
}
