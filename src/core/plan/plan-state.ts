import { HathiError } from '../errors.ts';

export const PLAN_STATES = ['ready', 'applying', 'applied', 'stale', 'failed'] as const;
export type PlanState = (typeof PLAN_STATES)[number];

/** The allowed transitions. A plan is applied at most once, so its final states have none. */
const ALLOWED: Record<PlanState, readonly PlanState[]> = {
  // `stale`: a newer plan was made.
  ready: ['applying', 'stale'],
  // To the same state: the next server continues the apply of a server that died.
  applying: ['applying', 'applied', 'failed'],
  applied: [],
  stale: [],
  failed: [],
};

/** @throws TRANSITION_NOT_ALLOWED naming both states */
export function assertPlanMayBecome(id: string, from: PlanState, to: PlanState): void {
  if (ALLOWED[from].includes(to)) return;
  throw new HathiError('TRANSITION_NOT_ALLOWED', `Plan ${id} is ${from}; it cannot become ${to}.`, {
    plan_id: id,
    from,
    to,
  });
}
