import { HathiError } from '../../../core/errors.ts';
import type { Operation } from '../../../core/operation/operation.ts';
import type { Lease } from '../../../ports/stores.ts';

/** @param other the operation in the way; null when it ended in the meantime */
export function clusterBusy(other: Operation | null): HathiError {
  return new HathiError(
    'CLUSTER_BUSY',
    other
      ? `The cluster is busy: ${other.kind} is ${other.state}. Wait for operation ${other.id}, or cancel it.`
      : 'The cluster was busy a moment ago. Ask again.',
    { operation: other?.id ?? null, kind: other?.kind ?? null, state: other?.state ?? null },
  );
}

export function leaseLost({ operationId, attempt }: Lease): HathiError {
  return new HathiError(
    'LEASE_LOST',
    `Attempt ${attempt} of operation ${operationId} has lost its lease; it writes nothing more.`,
    { operation: operationId, attempt },
  );
}
