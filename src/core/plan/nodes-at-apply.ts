import type { PlannedNode } from '../cluster/topology.ts';
import type { StageName } from '../operation/stage-results.ts';
import type { GuardedNode } from './plan-guard.ts';

export interface EarlierStages {
  stages: readonly { name: StageName; node: string | null }[];
  /** Whether a stage of that name has succeeded, so that its effect is observed. */
  isDone(name: StageName): boolean;
}

/**
 * The nodes as the stages before the apply leave them: a plan is judged before they run. At the
 * apply itself they have run, and the observed roles count.
 * @param planned nodes of the spec of the plan
 */
export function nodesAtApply(
  nodes: readonly GuardedNode[],
  planned: readonly PlannedNode[],
  { stages, isDone }: EarlierStages,
): GuardedNode[] {
  const next = isDone('switchover')
    ? undefined
    : stages.find(({ name }) => name === 'switchover')?.node;
  const switches = nodes.some(({ name, role }) => name === next && role === 'replica');
  const shrinksEtcd = stages.some(({ name }) => name === 'remove-etcd-members');
  const members = new Set(planned.filter(({ etcd }) => etcd).map(({ name }) => name));
  return nodes.map((node) => ({
    ...node,
    ...(switches && node.name === next ? { role: 'primary' as const } : {}),
    ...(switches && node.role === 'primary' ? { role: 'replica' as const } : {}),
    etcd: node.etcd && (!shrinksEtcd || members.has(node.name)),
  }));
}
