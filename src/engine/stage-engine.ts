import { HathiError, isHathiError } from '../core/errors.ts';
import type { NewEvent } from '../core/operation/event.ts';
import type { Clock } from '../ports/clock.ts';
import type { Wakeups } from '../ports/event-stream.ts';
import type { KeptLease, LeaseKeeper } from '../ports/lease-keeper.ts';
import type { ChildRecord, Lease, Stores } from '../ports/stores.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { createMask, type Mask } from './mask.ts';

/** Renewals within one lease. Two can fail before the lease is lost. */
const RENEWALS_PER_LEASE = 3;

export interface EngineTools {
  unitOfWork: UnitOfWork;
  wakeups: Wakeups;
  clock: Clock;
  leases: LeaseKeeper;
  leaseSeconds: number;
}

/** Holds the lease of one operation. Its stages can write only while the lease is held. */
export class StageEngine {
  readonly lease: Lease;
  readonly mask: Mask = createMask();
  readonly #tools: EngineTools;
  readonly #ending = new AbortController();
  readonly #cancelling = new AbortController();
  /** End of the lease by the renewals of this thread, in milliseconds of Unix time. */
  #leaseEnds: number;
  #kept: KeptLease | null = null;
  #cancelLevel: 0 | 1 | 2;
  #isShutDown = false;

  constructor(tools: EngineTools, lease: Lease, cancelLevel: 0 | 1 | 2) {
    this.#tools = tools;
    this.lease = lease;
    this.#cancelLevel = cancelLevel;
    if (cancelLevel > 0) this.#cancelling.abort(cancelled());
    this.#leaseEnds = this.#now() + this.#leaseMilliseconds();
  }

  /** Aborted when cancellation is requested, the lease is lost or the server shuts down. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.#ending.signal, this.#cancelling.signal]);
  }

  /** Latest start of a program: the end of the lease, but at most one lease duration from now. */
  mayStartUntil(): Date {
    const latest = this.#now() + this.#leaseMilliseconds();
    return new Date(Math.min(latest, this.#heldUntil()));
  }

  cancelLevel(): 0 | 1 | 2 {
    return this.#cancelLevel;
  }

  /**
   * Returns why this worker may no longer write: a lost lease or a shutdown; null while it may
   * write. A lease that has expired by this machine's clock is renewed first. If that fails, the
   * lease is lost, because another worker may have claimed the operation.
   */
  async ended(): Promise<HathiError | null> {
    if (!this.#ending.signal.aborted && this.#now() >= this.#heldUntil()) {
      const { clock } = this.#tools;
      await Promise.race([this.#renew(), clock.sleep(this.#renewalMilliseconds())]);
      if (this.#now() >= this.#heldUntil()) this.#lose();
    }
    return this.#ending.signal.aborted ? (this.#ending.signal.reason as HathiError) : null;
  }

  shutDown(): boolean {
    return this.#isShutDown;
  }

  /**
   * Stops writing immediately. Children continue to run, and the next server resumes the operation.
   */
  stop(): void {
    this.#isShutDown = true;
    this.#ending.abort(new HathiError('LEASE_LOST', 'The server is shutting down.'));
  }

  /**
   * Renews the lease until `done`, or until it is lost. The keeper renews it, and so does this
   * loop, whose renewals also return a requested cancellation.
   */
  async keepLease(done: AbortSignal): Promise<void> {
    const { clock, leases, leaseSeconds, wakeups } = this.#tools;
    this.#kept = leases.keep(this.lease, leaseSeconds);
    let wake = () => {};
    const until = AbortSignal.any([done, this.#ending.signal]);
    // Releases the lease immediately, even while this thread waits for a query.
    until.addEventListener('abort', () => this.#kept?.release());
    const unsubscribe = await wakeups.subscribe(`cancel:${this.lease.operationId}`, () => wake());
    try {
      while (!until.aborted) {
        await Promise.race([
          clock.sleep(this.#renewalMilliseconds(), until).catch(() => {}),
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
    const asked = this.#now();
    try {
      const { unitOfWork, leaseSeconds } = this.#tools;
      const level = await unitOfWork.direct.operations.renew(this.lease, leaseSeconds);
      this.#leaseEnds = asked + this.#leaseMilliseconds();
      if (level > this.#cancelLevel) {
        this.#cancelLevel = level;
        this.#cancelling.abort(cancelled());
      }
    } catch (error) {
      // If the database is temporarily unavailable, the renewal is retried. `ended` checks the
      // clock.
      if (isHathiError(error, 'LEASE_LOST')) this.#lose();
    }
  }

  #now(): number {
    return this.#tools.clock.now().getTime();
  }

  #heldUntil(): number {
    return Math.max(this.#leaseEnds, this.#kept?.endsAt() ?? 0);
  }

  #leaseMilliseconds(): number {
    return this.#tools.leaseSeconds * 1000;
  }

  #renewalMilliseconds(): number {
    return this.#leaseMilliseconds() / RENEWALS_PER_LEASE;
  }

  #lose(): void {
    this.#ending.abort(
      new HathiError('LEASE_LOST', 'This worker has lost its lease; it writes nothing more.'),
    );
  }

  /**
   * Runs a transaction under the lease.
   * @throws LEASE_LOST
   */
  async write<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    const ended = await this.ended();
    if (ended) throw ended;
    try {
      return await this.#tools.unitOfWork.fenced(this.lease, work);
    } catch (error) {
      if (isHathiError(error, 'LEASE_LOST')) this.#lose();
      throw error;
    }
  }

  /**
   * Stores events together with the read offset of a child's output.
   * @throws LEASE_LOST
   */
  async record(events: readonly NewEvent[], child?: ChildRecord): Promise<void> {
    const masked = events.map(
      (event) => ({ ...event, data: this.mask.apply(event.data) }) as NewEvent,
    );
    await this.write(async ({ operations }) => {
      await operations.appendEvents(this.lease.operationId, this.lease.attempt, masked);
      if (child) await operations.saveChild(child);
    });
    await this.announce();
  }

  /** Wakes the subscribers of the operation. */
  async announce(): Promise<void> {
    await this.#tools.wakeups.notify(`events:${this.lease.operationId}`);
  }

  async child(position: number, name: string): Promise<ChildRecord | null> {
    const { operations } = this.#tools.unitOfWork.direct;
    return await operations.child(this.lease.operationId, position, name);
  }
}

function cancelled(): HathiError {
  return new HathiError('OPERATION_CANCELLED', 'The operation was cancelled.');
}
