import type { WorkerIdentity } from '../ports/stores.ts';
import { runOperation } from './run-operation.ts';
import type { RunTools } from './stage-context.ts';

/** Maximum delay after a lost wake-up. */
const POLL_MILLISECONDS = 1_000;

export interface WorkerOptions {
  identity: WorkerIdentity;
  /** Maximum number of operations that run at once. */
  concurrency: number;
}

export interface Worker {
  /**
   * Stops claiming and writing. Children continue to run for the next server. Resolves when all
   * runs have ended.
   */
  stop(): Promise<void>;
}

/** Claims operations from the queue and runs their stages. */
export async function startWorker(tools: RunTools, options: WorkerOptions): Promise<Worker> {
  const shutDown = new AbortController();
  /** By operation id. */
  const running = new Map<string, Promise<void>>();
  let wake = () => {};
  const unsubscribe = await tools.wakeups.subscribe('operations', () => wake());

  const claimAll = async () => {
    while (running.size < options.concurrency && !shutDown.signal.aborted) {
      const claimed = await tools.unitOfWork.direct.operations.claim(
        options.identity,
        tools.leaseSeconds,
        [...running.keys()],
      );
      if (!claimed) return;
      const run = runOperation(tools, claimed, shutDown.signal)
        .catch((error) => {
          const { id, kind, cluster_name } = claimed.operation;
          const { attempt } = claimed.lease;
          // pino writes the message and the stack of an error only under this name.
          const facts = { operation: id, kind, cluster: cluster_name, attempt, err: error };
          tools.log.error(facts, 'operation dropped');
        })
        .finally(() => {
          running.delete(claimed.operation.id);
          wake();
        });
      running.set(claimed.operation.id, run);
    }
  };

  const loop = (async () => {
    while (!shutDown.signal.aborted) {
      let woken = false;
      const waking = new Promise<void>((resolve) => {
        wake = () => {
          woken = true;
          resolve();
        };
      });
      await claimAll().catch((error) => {
        tools.log.warn({ error: String(error) }, 'the queue could not be read; retrying');
      });
      if (woken) continue;
      await Promise.race([
        waking,
        tools.clock.sleep(POLL_MILLISECONDS, shutDown.signal).catch(() => {}),
      ]);
    }
  })();

  return {
    async stop() {
      shutDown.abort();
      wake();
      await loop;
      await Promise.all(running.values());
      await unsubscribe();
    },
  };
}
