import { z } from 'zod';
import { planSchema as plan } from '../../core/plan/plan.ts';
import { idSchema } from '../server/record-ids.ts';
import { planExample } from './examples.ts';
import { nextCursor } from './page.ts';

export const planSchema = plan.meta({
  id: 'Plan',
  description: 'A saved Terraform plan: reviewed once, applied once, as the same bytes.',
  examples: [planExample],
});

export const planListSchema = z
  .object({ plans: z.array(planSchema), next_cursor: nextCursor })
  .describe('Plans, newest first.');

export const idParamsSchema = z.strictObject({ id: idSchema('the record') });
