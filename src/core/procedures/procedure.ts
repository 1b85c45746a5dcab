import type { ClusterSpec } from '../cluster/cluster-spec.ts';
import type { Topology } from '../cluster/topology.ts';
import type { StageName } from '../operation/stage-results.ts';

/**
 * How an operation uses its cluster. A cluster has one unfinished change and one unfinished copy (a
 * backup). Operations that only read run beside both, one of each kind at a time.
 */
export const OPERATION_ACCESS = ['change', 'copy', 'read'] as const;
export type OperationAccess = (typeof OPERATION_ACCESS)[number];

/** One stage of an operation, before it runs. */
export interface PlannedStage {
  /** Several stages of one operation may have the same name. */
  name: StageName;
  /** Node that the stage works on; null for the whole cluster. */
  node: string | null;
  /** Waits until a person has approved the plan, unless approval is automatic. */
  needs_approval: boolean;
  /** ISO 8601 in UTC; the stage does not start earlier. null: immediately. */
  run_after: string | null;
}

/** The facts that a procedure decides on. */
export interface ProcedureInput {
  /** The spec that the nodes have; null before the first apply. */
  current: ClusterSpec | null;
  requested: ClusterSpec;
  /** As last observed; null before the first observation. */
  topology: Topology | null;
}

/** A pure function that returns the stages of an operation in order. */
export interface Procedure {
  readonly access: OperationAccess;
  stages(input: ProcedureInput): PlannedStage[];
}

export function stage(
  name: StageName,
  waits: Partial<Omit<PlannedStage, 'name'>> = {},
): PlannedStage {
  return { name, node: null, needs_approval: false, run_after: null, ...waits };
}
