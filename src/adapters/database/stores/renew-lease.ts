import type { Lease } from '../../../ports/stores.ts';

/**
 * Extends a lease. The condition is the attempt, not the time. An expired lease belongs to its
 * worker until another worker claims the operation, and each claim increases the attempt. So a
 * worker with a late renewal continues, e.g. after its own transaction held the row.
 */
export const RENEW_LEASE = `
  update operations
  set lease_expires_at = clock_timestamp() + make_interval(secs => $1)
  where id = $2 and attempt = $3 and worker_id = $4
  returning cancel_level`;

export function renewLeaseValues(lease: Lease, leaseSeconds: number): unknown[] {
  return [leaseSeconds, lease.operationId, lease.attempt, lease.workerId];
}
