import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { KeptLease, LeaseKeeper } from '../../ports/lease-keeper.ts';
import type { Lease } from '../../ports/stores.ts';

/** The main thread shows that it is alive this often. */
const BEAT_MILLISECONDS = 1_000;
/**
 * The keeper renews nothing after the main thread was silent for this long: an event loop that is blocked
 * for minutes does not come back, and another worker must be able to take its operations over.
 */
const MAIN_SILENCE_SECONDS = 5 * 60;
/** A keeper that ended by a defect is replaced after this long. */
const RESTART_MILLISECONDS = 1_000;
/** As many as a server runs operations at one time; see HATHI_WORKERS. */
const MOST_LEASES = 64;

/** What the keeper's thread is given at its start. */
export interface KeeperData {
  url: string;
  /** `BigInt64Array`: the last beat of the main thread, then the end of each lease, both in Unix ms. */
  shared: SharedArrayBuffer;
  mainSilenceSeconds: number;
}

/** What the main thread sends to the keeper. */
export type KeeperMessage =
  | { type: 'keep'; slot: number; lease: Lease; leaseSeconds: number }
  | { type: 'release'; slot: number };

export const BEAT_SLOT = 0;

/** Renews leases in a thread with connections of its own, so that no work of the main thread delays it. */
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
    // The source is TypeScript here and JavaScript in the published package.
    const program = new URL(
      `./lease-keeper-thread${extname(import.meta.filename)}`,
      import.meta.url,
    );
    const worker = new Worker(program, { workerData: this.#data });
    worker.unref();
    worker.on('error', () => {}); // It has ended then, which is handled next.
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
 * For the embedded database: the lock on the data directory makes this process the only worker, so nobody
 * can take a lease from it while it lives, however late it is renewed.
 */
export const soleWorkerLeases: LeaseKeeper = {
  keep: () => ({ endsAt: () => Number.POSITIVE_INFINITY, release: () => {} }),
};
