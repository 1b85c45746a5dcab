import { HathiError } from '../../core/errors.ts';
import type { StoredResponse } from '../../ports/stores.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';

/** Stores the responses to requests with an idempotency key. */
export interface IdempotencyService {
  /**
   * `taken`: the request must be executed; `abandoned`: a server that died may have executed it.
   * Otherwise the stored response.
   * @throws IDEMPOTENCY_KEY_REUSED | IDEMPOTENCY_KEY_IN_USE
   */
  take(key: string, fingerprint: string): Promise<'taken' | 'abandoned' | StoredResponse>;
  /** Stores the response, or releases the key if the request changed nothing. */
  settle(key: string, answer: StoredResponse): Promise<void>;
}

/** Clients repeat within minutes. A day includes a pipeline that is restarted by hand. */
const KEPT_HOURS = 24;
const CLEARED_EVERY_MILLISECONDS = 3_600_000;

export interface IdempotencyTools {
  unitOfWork: UnitOfWork;
  clock: { now(): Date };
  /** This run of the server. A key of an earlier run on the same data directory is abandoned. */
  holder: string;
  /** Whether the run of that holder may still respond; false only if it is certainly dead. */
  mayLive(holder: string): boolean;
}

export function createIdempotencyService(tools: IdempotencyTools): IdempotencyService {
  const { idempotency, operations } = tools.unitOfWork.direct;
  let cleared = 0;

  const clearOld = async (): Promise<void> => {
    const now = tools.clock.now().getTime();
    if (now - cleared < CLEARED_EVERY_MILLISECONDS) return;
    cleared = now;
    await idempotency.removeOlderThan(KEPT_HOURS);
  };

  return {
    async take(key, fingerprint) {
      await clearOld();
      const known = await idempotency.take(key, fingerprint, tools.holder);
      if (known === null) return 'taken';
      if (known.fingerprint !== fingerprint) {
        throw new HathiError(
          'IDEMPOTENCY_KEY_REUSED',
          'This idempotency key was used for another request; use a new one for each request.',
        );
      }
      if (known.response) return known.response;
      const dead = !tools.mayLive(known.holder);
      if (dead && (await idempotency.takeOver(key, known.holder, tools.holder))) {
        return 'abandoned';
      }
      const operation = await operations.findByIdempotencyKey(key);
      throw new HathiError(
        'IDEMPOTENCY_KEY_IN_USE',
        'The first request with this idempotency key is still being handled.',
        { operation: operation?.id ?? null },
      );
    },
    async settle(key, response) {
      const changed =
        response.status < 400 || (await operations.findByIdempotencyKey(key)) !== null;
      // A request that changed nothing may be repeated with its key, e.g. once the cluster is free.
      if (changed) await idempotency.storeResponse(key, response);
      else await idempotency.release(key);
    },
  };
}
