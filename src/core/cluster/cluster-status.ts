import { CONDITION_TYPES, type Condition, type ConditionType } from '../observation/condition.ts';
import { STALE_MILLISECONDS } from '../observation/observed-node.ts';
import type { OperationState } from '../operation/operation-state.ts';
import type { OperationKind } from '../procedures/procedures.ts';
import type { PendingChange } from './pending-change.ts';

/**
 * Status of a cluster in one word: the unfinished operation, otherwise the first condition that
 * does not hold.
 */
export const CLUSTER_STATUSES = [
  'not-created',
  'awaiting-approval',
  'changing',
  'destroying',
  'no-primary',
  'unreachable',
  'degraded',
  'failover-unavailable',
  'low-capacity',
  'certificate-expiring',
  'clock-wrong',
  'unverified',
  'change-pending',
  'unknown',
  'healthy',
] as const;
export type ClusterStatus = (typeof CLUSTER_STATUSES)[number];

/** Status of a cluster whose condition does not hold. */
const STATUS_OF: Record<ConditionType, ClusterStatus> = {
  'one-primary': 'no-primary',
  reachable: 'unreachable',
  'replicas-streaming': 'degraded',
  'failover-ready': 'failover-unavailable',
  capacity: 'low-capacity',
  certificates: 'certificate-expiring',
  clocks: 'clock-wrong',
  verified: 'unverified',
  'up-to-date': 'change-pending',
};

export interface StatusFacts {
  /** Whether machines were ever created. */
  hasNodes: boolean;
  /** Spec revision that Ansible last brought to the nodes. */
  executedRevision: number | null;
  /** Difference between the spec and the nodes, if any. */
  pending: PendingChange | null;
  /** The unfinished change, if any. */
  operation: { kind: OperationKind; state: OperationState } | null;
  /** The newest report, if any. */
  report: { passed: boolean; created_at: string } | null;
  /** Current conditions; empty if the cluster is not observed. */
  conditions: readonly Pick<Condition, 'type' | 'status'>[];
}

export function statusOf(facts: StatusFacts, now: Date): ClusterStatus {
  const { operation, report } = facts;
  if (operation?.state === 'awaiting-approval') return 'awaiting-approval';
  if (operation?.kind === 'destroy-terraform') return 'destroying';
  if (operation) return 'changing';
  if (!facts.hasNodes) return 'not-created';
  const failed = CONDITION_TYPES.find((type) =>
    facts.conditions.some((one) => one.type === type && one.status === 'false'),
  );
  if (failed !== undefined) return STATUS_OF[failed];
  if (report?.passed !== true || facts.executedRevision === null) return 'unverified';
  if (facts.pending !== null) return 'change-pending';
  const isKnown =
    facts.conditions.length > 0 && facts.conditions.every(({ status }) => status === 'true');
  // A verification is an observation, too.
  const age = now.getTime() - Date.parse(report.created_at);
  return isKnown || age <= STALE_MILLISECONDS ? 'healthy' : 'unknown';
}

export const CLUSTER_ACTIONS = [
  'update',
  'verify',
  'switchover',
  'repair',
  'destroy',
  'forget',
] as const;
export type ClusterAction = (typeof CLUSTER_ACTIONS)[number];

/** The actions that are allowed now. */
export function clusterActions(
  facts: StatusFacts & { deletionProtection: boolean },
): ClusterAction[] {
  return CLUSTER_ACTIONS.filter((action) => {
    if (action === 'verify') return facts.executedRevision !== null;
    if (action === 'switchover' || action === 'repair')
      return facts.executedRevision !== null && facts.operation === null;
    return action === 'update' || (facts.operation === null && !facts.deletionProtection);
  });
}
