import type { Lease } from '../../../ports/stores.ts';

/**
 * Extends a lease. The condition is the attempt, not the time: a lease that ran out belongs to its worker
 * until another one claims the operation, and each claim raises the attempt. So a worker whose renewal
 * came late, e.g. because its own transaction held the row, continues.
 */
export const RENEW_LEASE = `
  update operations
  set lease_expires_at = clock_timestamp() + make_interval(secs => $1)
  where id = $2 and attempt = $3 and worker_id = $4
  returning cancel_level`;

export function renewLeaseValues(lease: Lease, leaseSeconds: number): unknown[] {
  return [leaseSeconds, lease.operationId, lease.attempt, lease.workerId];
}
