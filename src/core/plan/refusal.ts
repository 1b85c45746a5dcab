import { z } from 'zod';
import { roleSchema } from '../cluster/topology.ts';
import { HathiError } from '../errors.ts';
import { remedySchema } from '../remedy.ts';

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

/** Reason why a plan is not applied. */
export const refusalSchema = z
  .object({
    reason: z.enum(REFUSAL_REASONS),
    node: z.string().nullable().describe('null if several nodes are affected.'),
    role: roleSchema.nullable().describe('Observed role of the node.'),
    address: z.string().nullable().describe('Resource in the plan; null for several resources.'),
    attributes: z.array(z.string()).describe('Attributes that cause it; empty for a removal.'),
    message: z.string().describe('What the plan would do, to what, and why that is refused.'),
    action: z.string().describe('The next action.'),
    remedies: z
      .array(remedySchema)
      .describe('The next requests, in order; empty in plans of earlier versions.'),
  })
  .meta({ id: 'PlanRefusal' });
export type Refusal = z.infer<typeof refusalSchema>;

/** The error of an apply whose plan is refused. Nothing was applied. */
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
