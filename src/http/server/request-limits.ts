import rateLimit from '@fastify/rate-limit';
import type { FastifyHttpOptions, FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from '../errors/http-error.ts';

/** Limits of one caller. A caller is an address, with or without the token. */
export interface RequestLimits {
  /** Requests per second, averaged over RATE_SECONDS; 0 for no limit. */
  requestsPerSecond: number;
  /** Maximum number of open event streams; 0 for no limit. */
  streamsPerCaller: number;
  /** Maximum number of seconds to receive a request with its body; 0 for no limit. */
  requestSeconds: number;
}

export const NO_LIMITS: RequestLimits = {
  requestsPerSecond: 0,
  streamsPerCaller: 0,
  requestSeconds: 0,
};

/** A console that starts, or a script that lists everything, may send many requests at once. */
const RATE_SECONDS = 10;
/** Maximum number of counted callers. Beyond it, the least recently active ones are removed. */
const MAX_CALLERS = 10_000;
/** Headers are small, so they arrive within seconds, independent of the body. */
const HEADER_SECONDS = 10;
const TIMEOUT_CHECK_MS = 1_000;

/**
 * Options of Node's server. Fastify sets no timeout, and Node checks for expired connections only
 * every 30 s.
 */
export function timeoutOptions({ requestSeconds }: RequestLimits) {
  return {
    requestTimeout: requestSeconds * 1_000,
    http: {
      headersTimeout: Math.min(HEADER_SECONDS, requestSeconds) * 1_000,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
  } satisfies Pick<FastifyHttpOptions<never>, 'requestTimeout' | 'http'>;
}

/**
 * Limits the rate of each caller, before any other work on a request. The limit of the event loop's
 * delay (`@fastify/under-pressure`) is not used: on a small machine the delay comes from the
 * programs that create nodes, and the server would reject the callers that watch them.
 * @param callerOf the key of a caller, without a secret
 * @param exempt paths that a supervisor requests
 */
export async function limitRate(
  app: FastifyInstance,
  { requestsPerSecond }: RequestLimits,
  callerOf: (request: FastifyRequest) => string,
  exempt: readonly string[],
): Promise<void> {
  if (requestsPerSecond === 0) return;
  const most = requestsPerSecond * RATE_SECONDS;
  await app.register(rateLimit, {
    global: false,
    max: most,
    timeWindow: RATE_SECONDS * 1_000,
    cache: MAX_CALLERS,
    keyGenerator: callerOf,
  });
  const check = app.createRateLimit();
  let warnedAt = Number.NEGATIVE_INFINITY;
  app.addHook('onRequest', async (request, reply) => {
    if (exempt.includes(request.url.split('?', 1)[0] ?? '')) return;
    const result = await check(request);
    if (result.isAllowed || !result.isExceeded) return;
    const caller = callerOf(request);
    const now = performance.now();
    if (now - warnedAt > RATE_SECONDS * 1_000) {
      warnedAt = now;
      request.log.warn({ caller, requestsPerSecond }, 'a caller sends more requests than accepted');
    }
    reply.header('retry-after', String(Math.max(1, result.ttlInSeconds)));
    throw new HttpError(
      'TOO_MANY_REQUESTS',
      `This caller sent more than ${most} requests in ${RATE_SECONDS} s, which is the limit of this server. Wait ${Math.max(1, result.ttlInSeconds)} s, or raise HATHI_REQUESTS_PER_SECOND.`,
      { maximum_per_second: requestsPerSecond },
    );
  });
}

/** Counts the event streams of the server and of each caller. */
export class StreamCount {
  readonly #open = new Map<string, number>();
  readonly #most: number;
  readonly #mostPerCaller: number;
  #all = 0;

  constructor(most: number, { streamsPerCaller }: RequestLimits) {
    this.#most = most;
    this.#mostPerCaller = streamsPerCaller === 0 ? most : streamsPerCaller;
  }

  /**
   * Acquires a place, which must be released.
   * @throws TOO_MANY_STREAMS
   */
  take(caller: string): void {
    const own = this.#open.get(caller) ?? 0;
    if (this.#all >= this.#most) {
      throw tooMany(
        `${this.#most} event streams are open, which is the limit of this server.`,
        this.#most,
      );
    }
    if (own >= this.#mostPerCaller) {
      throw tooMany(
        `This caller has ${own} open event streams, which is the limit of one caller. Close some, or raise HATHI_STREAMS_PER_CALLER.`,
        this.#mostPerCaller,
      );
    }
    this.#open.set(caller, own + 1);
    this.#all += 1;
  }

  giveBack(caller: string): void {
    const own = this.#open.get(caller) ?? 0;
    if (own <= 1) this.#open.delete(caller);
    else this.#open.set(caller, own - 1);
    this.#all -= 1;
  }
}

function tooMany(message: string, maximum: number): HttpError {
  return new HttpError('TOO_MANY_STREAMS', message, { maximum });
}
