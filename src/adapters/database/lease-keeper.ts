import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { KeptLease, LeaseKeeper } from '../../ports/lease-keeper.ts';
import type { Lease } from '../../ports/stores.ts';

/** Interval of the heartbeat of the main thread. */
const BEAT_MILLISECONDS = 1_000;
/**
 * The keeper stops all renewals after the main thread was silent for this long. An event loop that
 * is blocked for minutes does not recover, and another worker must be able to take over its
 * operations.
 */
const MAIN_SILENCE_SECONDS = 5 * 60;
/** Delay before a keeper that crashed is replaced. */
const RESTART_MILLISECONDS = 1_000;
/** Maximum number of operations that a server runs at one time; see HATHI_WORKERS. */
const MOST_LEASES = 64;

/** Data that the keeper's thread gets at its start. */
export interface KeeperData {
  url: string;
  /**
   * `BigInt64Array`: the last heartbeat of the main thread, then the end of each lease, all in Unix
   * ms.
   */
  shared: SharedArrayBuffer;
  mainSilenceSeconds: number;
}

/** Messages from the main thread to the keeper. */
export type KeeperMessage =
  | { type: 'keep'; slot: number; lease: Lease; leaseSeconds: number }
  | { type: 'release'; slot: number };

export const BEAT_SLOT = 0;

/**
 * Renews leases in a thread with separate connections, so that work of the main thread cannot delay
 * a renewal.
 */
export class ThreadLeaseKeeper implements LeaseKeeper {
  readonly #data: KeeperData;
  readonly #cells: BigInt64Array;
  readonly #kept = new Map<number, KeeperMessage>();
  readonly #beat: NodeJS.Timeout;
  #worker: Worker;
  #closed = false;

  constructor(url: string, mainSilenceSeconds = MAIN_SILENCE_SECONDS) {
    const bytes = (1 + MOST_LEASES) * BigInt64Array.BYTES_PER_ELEMENT;
    this.#data = { url, shared: new SharedArrayBuffer(bytes), mainSilenceSeconds };
    this.#cells = new BigInt64Array(this.#data.shared);
    const beat = () => Atomics.store(this.#cells, BEAT_SLOT, BigInt(Date.now()));
    beat();
    this.#beat = setInterval(beat, BEAT_MILLISECONDS).unref();
    this.#worker = this.#start();
  }

  keep(lease: Lease, leaseSeconds: number): KeptLease {
    const slot = this.#freeSlot();
    if (slot === null) return { endsAt: () => 0, release: () => {} };
    const message: KeeperMessage = { type: 'keep', slot, lease, leaseSeconds };
    Atomics.store(this.#cells, slot, 0n);
    this.#kept.set(slot, message);
    this.#worker.postMessage(message);
    return {
      endsAt: () =>
        this.#kept.get(slot) === message ? Number(Atomics.load(this.#cells, slot)) : 0,
      release: () => {
        if (this.#kept.get(slot) !== message) return;
        this.#kept.delete(slot);
        this.#worker.postMessage({ type: 'release', slot } satisfies KeeperMessage);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#beat);
    await this.#worker.terminate();
  }

  #freeSlot(): number | null {
    for (let slot = BEAT_SLOT + 1; slot < this.#cells.length; slot++) {
      if (!this.#kept.has(slot)) return slot;
    }
    return null;
  }

  #start(): Worker {
    // The source is TypeScript in the repository and JavaScript in the published package.
    const program = new URL(
      `./lease-keeper-thread${extname(import.meta.filename)}`,
      import.meta.url,
    );
    const worker = new Worker(program, { workerData: this.#data });
    worker.unref();
    worker.on('error', () => {}); // The thread has ended. The exit handler restarts it.
    worker.on('exit', () => {
      if (this.#closed) return;
      setTimeout(() => {
        if (this.#closed) return;
        this.#worker = this.#start();
        for (const message of this.#kept.values()) this.#worker.postMessage(message);
      }, RESTART_MILLISECONDS).unref();
    });
    return worker;
  }
}

/**
 * Lease keeper of the embedded database. The lock on the data directory makes this process the only
 * worker. Therefore no other worker can take a lease, even if a renewal is late.
 */
export const soleWorkerLeases: LeaseKeeper = {
  keep: () => ({ endsAt: () => Number.POSITIVE_INFINITY, release: () => {} }),
};
