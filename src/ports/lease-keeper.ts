import type { Lease } from './stores.ts';

/** A lease that is renewed while this process is alive, even if its event loop is blocked. */
export interface KeptLease {
  /**
   * Confirmed end of the lease, in milliseconds of Unix time. Can be read at any time, even
   * directly after the event loop was blocked. 0 if unknown; Infinity if no other worker can claim
   * it.
   */
  endsAt(): number;
  /** Ends the renewals at once. */
  release(): void;
}

/** Renews leases outside the event loop that serves HTTP. */
export interface LeaseKeeper {
  keep(lease: Lease, leaseSeconds: number): KeptLease;
}
