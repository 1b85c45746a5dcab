import type { Lease, Stores } from './stores.ts';

/** Boundaries of transactions. */
export interface UnitOfWork {
  /** Single statements outside a transaction. Using it inside one throws instead of deadlocking. */
  readonly direct: Stores;
  /** The visible transactions. Two equal results mean that nothing was committed in between. */
  snapshot(): Promise<string>;
  transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /**
   * A transaction that begins by locking the operation's row under the lease. A worker whose
   * operation another worker claimed writes nothing.
   * @throws LEASE_LOST before `work` is called
   */
  fenced<T>(lease: Lease, work: (stores: Stores) => Promise<T>): Promise<T>;
}
