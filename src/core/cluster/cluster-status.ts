import type { OperationState } from '../operation/operation-state.ts';
import type { OperationKind } from '../procedures/procedures.ts';
import type { PendingChange } from './pending-change.ts';

/**
 * Status of a cluster in one word. `healthy`: replication was proven, and the nodes have the
 * present
 * spec. `change-pending`: the spec was changed, and the steps that apply it did not all run.
 */
export const CLUSTER_STATUSES = [
  'not-created',
  'awaiting-approval',
  'changing',
  'destroying',
  'change-pending',
  'unproven',
  'healthy',
  'unhealthy',
] as const;
export type ClusterStatus = (typeof CLUSTER_STATUSES)[number];

export interface StatusFacts {
  /** Whether machines were ever made. */
  hasNodes: boolean;
  /** Spec revision that Ansible last brought to the nodes. */
  executedRevision: number | null;
  /** What of the spec is not applied, if anything. */
  pending: PendingChange | null;
  /** The unfinished change, if any. */
  operation: { kind: OperationKind; state: OperationState } | null;
  /** The newest report, if any. */
  report: { passed: boolean } | null;
}

export function statusOf(facts: StatusFacts): ClusterStatus {
  const { operation, report } = facts;
  if (operation?.state === 'awaiting-approval') return 'awaiting-approval';
  if (operation?.kind === 'destroy-terraform') return 'destroying';
  if (operation) return 'changing';
  if (!facts.hasNodes) return 'not-created';
  if (report?.passed === false) return 'unhealthy';
  if (facts.pending !== null) return 'change-pending';
  return report === null || facts.executedRevision === null ? 'unproven' : 'healthy';
}

export const CLUSTER_ACTIONS = ['update', 'verify', 'destroy', 'forget'] as const;
export type ClusterAction = (typeof CLUSTER_ACTIONS)[number];

/** The actions that are allowed now. */
export function clusterActions(
  facts: StatusFacts & { deletionProtection: boolean },
): ClusterAction[] {
  return CLUSTER_ACTIONS.filter((action) => {
    if (action === 'verify') return facts.executedRevision !== null;
    return action === 'update' || (facts.operation === null && !facts.deletionProtection);
  });
}
