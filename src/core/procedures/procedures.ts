import type { ClusterSpec } from '../cluster/cluster-spec.ts';
import type { Topology } from '../cluster/topology.ts';
import type { Step } from '../operation/steps.ts';
import { converge } from './converge.ts';
import type { OperationAccess, PlannedStage, Procedure } from './procedure.ts';
import { singleStep } from './single-step.ts';
import { switchover } from './switchover.ts';

/** Every kind of operation, with its procedure. */
export const PROCEDURES = {
  'generate-terraform': singleStep('generate-terraform'),
  'plan-terraform': singleStep('plan-terraform'),
  'apply-terraform': singleStep('apply-terraform'),
  'create-ansible-script': singleStep('create-ansible-script'),
  'execute-ansible-script': singleStep('execute-ansible-script'),
  'verify-replication': singleStep('verify-replication', 'read'),
  'destroy-terraform': singleStep('destroy-terraform'),
  'create-cluster': converge,
  'change-cluster': converge,
  'repair-cluster': converge,
  switchover,
} as const satisfies Record<Step, Procedure> & Record<string, Procedure>;
export type OperationKind = keyof typeof PROCEDURES;

/** Stages of an operation of that kind for the current cluster. */
export function planOperation(
  kind: OperationKind,
  cluster: { applied_spec: ClusterSpec | null; spec: ClusterSpec; topology: Topology | null },
): { kind: OperationKind; access: OperationAccess; stages: PlannedStage[] } {
  const { applied_spec: current, spec: requested, topology } = cluster;
  const { access, stages } = PROCEDURES[kind];
  return { kind, access, stages: stages({ current, requested, topology }) };
}
