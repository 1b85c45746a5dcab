import { HathiError } from '../../../core/errors.ts';
import type { OperationRecord } from '../../../core/operation/operation.ts';
import type { Remedy } from '../../../core/remedy.ts';
import type { Lease } from '../../../ports/stores.ts';

/** @param other the operation that blocks the cluster; null if it ended in the meantime */
export function clusterBusy(other: OperationRecord | null): HathiError {
  return new HathiError(
    'CLUSTER_BUSY',
    other
      ? `The cluster is busy: ${other.kind} is ${other.state} (operation ${other.id}).`
      : 'The cluster was busy until a moment ago. Repeat the request.',
    {
      operation: other?.id ?? null,
      kind: other?.kind ?? null,
      state: other?.state ?? null,
      remedies: other ? remediesOf(other) : [],
    },
  );
}

/** An operation that waits for approval does not end without it, so watching it does not help. */
function remediesOf({ id: operation, state }: OperationRecord): Remedy[] {
  const first = state === 'awaiting-approval' ? 'approve-operation' : 'watch-operation';
  return [
    { action: first, operation },
    { action: 'cancel-operation', operation },
  ];
}

export function leaseLost({ operationId, attempt }: Lease): HathiError {
  return new HathiError(
    'LEASE_LOST',
    `Attempt ${attempt} of operation ${operationId} has lost its lease; it writes nothing more.`,
    { operation: operationId, attempt },
  );
}
