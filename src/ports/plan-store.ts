import type { Plan, PlanOutcome } from '../core/plan/plan.ts';
import type { PlanState } from '../core/plan/plan-state.ts';
import type { Page } from './page.ts';
import type { Sealed } from './secrets.ts';

/** A stored plan: the document, and the facts that an apply needs. */
export interface PlanRecord extends Omit<Plan, 'cluster_name' | 'allowed_actions'> {
  cluster_id: string;
  /** Text of `.terraform.lock.hcl`; empty if no provider is locked. */
  lock_file: string;
  /** Lineage and serial of the state from which the plan was made; null without a state. */
  base_state: { lineage: string; serial: number } | null;
  /** The plan file, sealed with context `plan:<id>`. */
  sealed_file: Sealed;
}

export interface PlanStore {
  insert(plan: Omit<PlanRecord, 'created_at'>): Promise<void>;
  /** @throws PLAN_NOT_FOUND */
  get(id: string): Promise<PlanRecord>;
  latest(clusterId: string): Promise<PlanRecord | null>;
  /** Newest first; `after` is an id. */
  list(clusterId: string, page: Page): Promise<PlanRecord[]>;
  /** @throws TRANSITION_NOT_ALLOWED | PLAN_NOT_FOUND */
  setState(id: string, state: PlanState, outcome?: PlanOutcome): Promise<void>;
  /** Marks the ready plans of the cluster as stale. */
  retireReady(clusterId: string): Promise<void>;
}
