import type { Role } from '../core/cluster/topology.ts';
import type { PlanContext } from '../core/plan/plan-context.ts';
import type { PlanState } from '../core/plan/plan-state.ts';
import type { PlanSummary } from '../core/plan/plan-summary.ts';
import type { ChangeEffect, NodePart } from '../core/plan/planned-change.ts';
import type { Refusal } from '../core/plan/refusal.ts';
import type { Page } from './page.ts';
import type { Sealed } from './secrets.ts';

export interface ResourceChange {
  address: string;
  type: string;
  name: string;
  actions: string[];
  /** Sensitive values are replaced by a fixed text before they get here. */
  before: unknown;
  after: unknown;
  action_reason: string | null;
  /** Attributes that differ; of a replacement, those that force it. */
  attributes: string[];
  /** The node that the resource belongs to; null for a resource of the cluster as a whole. */
  node: string | null;
  part: NodePart | null;
  /** Observed role of the node when the plan was made; null where there is none or it was not observed. */
  role: Role | null;
  effect: ChangeEffect;
}

/** A machine that was stopped when the plan was made. */
export interface MachineStart {
  node: string;
  /** ISO 8601, UTC. */
  observed_at: string;
}

export interface PlanRecord {
  id: string;
  cluster_id: string;
  operation_id: string;
  infrastructure_revision: number;
  state: PlanState;
  /** Whether applying it removes the cluster. */
  destroy: boolean;
  /** `sha256:<hex>` of the plan file. */
  digest: string;
  /** Text of `.terraform.lock.hcl`; empty when no provider is locked. */
  lock_file: string;
  /** Lineage and serial of the state that the plan was made from; null without a state. */
  base_state: { lineage: string; serial: number } | null;
  /** What made the plan, and the `sha256:<hex>` of the configuration that it read. */
  engine: { name: string; version: string; configuration_digest: string };
  summary: PlanSummary;
  changes: ResourceChange[];
  /** The configuration that was planned, without the module's files. */
  files: { path: string; content: string }[];
  /** What was looked up beside Terraform; null where the target has nothing to look up. */
  context: PlanContext | null;
  /** Why the plan must not be applied; empty where it may be. */
  refusals: Refusal[];
  /** Stopped machines that the apply starts. No other machine is started. */
  starts: MachineStart[];
  /** The plan file, sealed with context `plan:<id>`. */
  sealed_file: Sealed;
  /** Outcome of the apply, once there is one. */
  outcome: Record<string, unknown> | null;
  created_at: string;
}

export interface PlanStore {
  insert(plan: Omit<PlanRecord, 'created_at'>): Promise<void>;
  /** @throws PLAN_NOT_FOUND */
  get(id: string): Promise<PlanRecord>;
  latest(clusterId: string): Promise<PlanRecord | null>;
  /** Newest first; `after` is an id. */
  list(clusterId: string, page: Page): Promise<PlanRecord[]>;
  /** @throws TRANSITION_NOT_ALLOWED | PLAN_NOT_FOUND */
  setState(id: string, state: PlanState, outcome?: Record<string, unknown>): Promise<void>;
  /** Marks the cluster's plans that are ready as stale. */
  retireReady(clusterId: string): Promise<void>;
}
