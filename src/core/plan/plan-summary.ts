import { z } from 'zod';

const count = z.int().min(0);

/** Number of resources that a plan adds, changes, replaces and removes. */
export const planSummarySchema = z
  .object({
    add: count,
    change: count,
    replace: count,
    destroy: count,
    empty: z.boolean().describe('Whether there is nothing to do.'),
  })
  .meta({ id: 'PlanSummary' });
export type PlanSummary = z.infer<typeof planSummarySchema>;
