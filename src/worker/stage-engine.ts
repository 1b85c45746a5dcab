import { HathiError, isHathiError } from '../core/errors.ts';
import type { NewEvent } from '../core/operation/operation.ts';
import type { StageName } from '../core/operation/operation-kinds.ts';
import type { Clock } from '../ports/clock.ts';
import type { Wakeups } from '../ports/event-stream.ts';
import type { ChildRecord, Lease, Stores } from '../ports/stores.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { createMask, type Mask } from './mask.ts';

/** Renewals within one lease: two may fail before it is lost. */
const RENEWALS_PER_LEASE = 3;

export interface EngineTools {
  unitOfWork: UnitOfWork;
  wakeups: Wakeups;
  clock: Clock;
  leaseSeconds: number;
}

/** Holds one operation's lease, and lets its stages write only while it is held. */
export class StageEngine {
  readonly lease: Lease;
  readonly mask: Mask = createMask();
  readonly #tools: EngineTools;
  readonly #ending = new AbortController();
  readonly #cancelling = new AbortController();
  #leaseEnds: Date;
  #cancelLevel: 0 | 1 | 2;
  #isShutDown = false;

  constructor(tools: EngineTools, lease: Lease, cancelLevel: 0 | 1 | 2) {
    this.#tools = tools;
    this.lease = lease;
    this.#cancelLevel = cancelLevel;
    if (cancelLevel > 0) this.#cancelling.abort(cancelled());
    this.#leaseEnds = this.#endOfLease(tools.clock.now());
  }

  /** Aborted when cancellation is asked for, the lease is lost or the server shuts down. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.#ending.signal, this.#cancelling.signal]);
  }

  leaseEnds(): Date {
    return this.#leaseEnds;
  }

  cancelLevel(): 0 | 1 | 2 {
    return this.#cancelLevel;
  }

  /** Why this worker may no longer write: a lost lease or a shutdown; null while it may. */
  ended(): HathiError | null {
    if (this.#ending.signal.aborted) return this.#ending.signal.reason as HathiError;
    // A worker that was paused finds its lease over by its own clock before it asks.
    if (this.#tools.clock.now() >= this.#leaseEnds) this.#lose();
    return this.#ending.signal.aborted ? (this.#ending.signal.reason as HathiError) : null;
  }

  shutDown(): boolean {
    return this.#isShutDown;
  }

  /** Stops writing at once; children live on, and the next server takes the operation up. */
  stop(): void {
    this.#isShutDown = true;
    this.#ending.abort(new HathiError('LEASE_LOST', 'The server is shutting down.'));
  }

  /** Renews the lease until `stop`, or until it is lost. */
  async keepLease(done: AbortSignal): Promise<void> {
    const { clock, leaseSeconds, wakeups } = this.#tools;
    const interval = (leaseSeconds * 1000) / RENEWALS_PER_LEASE;
    let wake = () => {};
    const unsubscribe = await wakeups.subscribe(`cancel:${this.lease.operationId}`, () => wake());
    const until = AbortSignal.any([done, this.#ending.signal]);
    try {
      while (!until.aborted) {
        await Promise.race([
          clock.sleep(interval, until).catch(() => {}),
          new Promise<void>((resolve) => {
            wake = resolve;
          }),
        ]);
        if (!until.aborted) await this.#renew();
      }
    } finally {
      await unsubscribe();
    }
  }

  async #renew(): Promise<void> {
    if (this.ended()) return;
    const asked = this.#tools.clock.now();
    try {
      const { unitOfWork, leaseSeconds } = this.#tools;
      const level = await unitOfWork.direct.operations.renew(this.lease, leaseSeconds);
      this.#leaseEnds = this.#endOfLease(asked);
      if (level > this.#cancelLevel) {
        this.#cancelLevel = level;
        this.#cancelling.abort(cancelled());
      }
    } catch (error) {
      // A database that is away for a moment is asked again; `ended` watches the clock meanwhile.
      if (isHathiError(error, 'LEASE_LOST')) this.#lose();
    }
  }

  #endOfLease(from: Date): Date {
    return new Date(from.getTime() + this.#tools.leaseSeconds * 1000);
  }

  #lose(): void {
    this.#ending.abort(
      new HathiError('LEASE_LOST', 'This worker has lost its lease; it writes nothing more.'),
    );
  }

  /** A transaction under the lease. @throws LEASE_LOST */
  async write<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    const ended = this.ended();
    if (ended) throw ended;
    try {
      return await this.#tools.unitOfWork.fenced(this.lease, work);
    } catch (error) {
      if (isHathiError(error, 'LEASE_LOST')) this.#lose();
      throw error;
    }
  }

  /** Stores events, and with them how far a child's output was read. @throws LEASE_LOST */
  async record(events: readonly NewEvent[], child?: ChildRecord): Promise<void> {
    const masked = events.map((event) => ({ ...event, data: this.mask.apply(event.data) }));
    await this.write(async ({ operations }) => {
      await operations.appendEvents(this.lease.operationId, this.lease.attempt, masked);
      if (child) await operations.saveChild(child);
    });
    await this.announce();
  }

  /** Wakes whoever follows the operation. */
  async announce(): Promise<void> {
    await this.#tools.wakeups.notify(`events:${this.lease.operationId}`);
  }

  async child(stage: StageName, name: string): Promise<ChildRecord | null> {
    const { operations } = this.#tools.unitOfWork.direct;
    return await operations.child(this.lease.operationId, stage, name);
  }
}

function cancelled(): HathiError {
  return new HathiError('OPERATION_CANCELLED', 'The operation was cancelled.');
}
