import type { Role } from '../cluster/topology.ts';
import { HathiError } from '../errors.ts';
import type { Remedy } from '../remedy.ts';

export const REFUSAL_REASONS = [
  'removes-primary',
  'primary-unknown',
  'removes-etcd-majority',
  'replaces-node',
  'removes-data',
  'stops-node',
  'cuts-nodes-off',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Why a plan is not applied. */
export interface Refusal {
  reason: RefusalReason;
  /** null where several nodes are concerned together. */
  node: string | null;
  /** Role of the node as it was observed; null where it was not. */
  role: Role | null;
  /** Resource in the plan; null where several are concerned. */
  address: string | null;
  /** Attributes that cause it; empty for a removal. */
  attributes: string[];
  /** What the plan would do, to what, and why that is refused. */
  message: string;
  /** In words; the requests are in `remedies`. */
  action: string;
  /** The next requests, in order; empty in plans of earlier versions. */
  remedies: Remedy[];
}

/** The error of an apply whose plan is refused. Nothing was run. */
export function planRefused(planId: string, refusals: readonly Refusal[]): HathiError {
  const actions = [...new Set(refusals.map(({ action }) => action))];
  return new HathiError(
    'PLAN_REFUSED',
    `Plan ${planId} is refused, and nothing was changed. ${[
      ...refusals.map(({ message }) => message),
      ...actions,
    ].join(' ')}`,
    { plan_id: planId, refusals, remedies: refusals[0]?.remedies ?? [] },
  );
}
