import { type PlannedNode, plannedNodes } from '../cluster/topology.ts';
import { type PlannedStage, type Procedure, type ProcedureInput, stage } from './procedure.ts';

/**
 * Brings a new or an existing cluster to its spec, and verifies its replication. A primary that
 * leaves switches over to a node that stays, and leaving members of etcd are removed while all are
 * healthy, both before their machines are removed.
 */
export const converge: Procedure = {
  access: 'change',
  stages: (input) => [
    stage('generate-terraform'),
    stage('plan-terraform'),
    ...beforeRemoval(input),
    stage('apply-terraform', { needs_approval: true }),
    stage('create-ansible-script'),
    stage('execute-ansible-script'),
    stage('verify-replication'),
  ],
};

const holdsData = ({ witness }: PlannedNode): boolean => !witness;
const isMember = ({ etcd }: PlannedNode): boolean => etcd;
const nameOf = ({ name }: PlannedNode): string => name;

function beforeRemoval({ current, requested, topology }: ProcedureInput): PlannedStage[] {
  if (current === null) return [];
  const before = plannedNodes(current);
  const after = plannedNodes(requested);
  const stages: PlannedStage[] = [];
  const staying = before
    .filter(holdsData)
    .map(nameOf)
    .filter(isIn(after.filter(holdsData)));
  const primary = topology?.primary ?? null;
  const replicas = topology?.nodes.filter(({ role }) => role === 'replica') ?? [];
  // Shortly after a change of roles, a replica is not observed yet. The plan observes it once more.
  const next = staying.find((name) => replicas.some((node) => node.name === name)) ?? staying[0];
  if (primary !== null && !staying.includes(primary) && next !== undefined) {
    stages.push(stage('switchover', { node: next, needs_approval: true }));
  }
  if (before.filter(isMember).length > after.filter(isMember).length) {
    stages.push(stage('remove-etcd-members', { needs_approval: true }));
  }
  return stages;
}

function isIn(nodes: readonly PlannedNode[]): (name: string) => boolean {
  const names = new Set(nodes.map(nameOf));
  return (name) => names.has(name);
}
