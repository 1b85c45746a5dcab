import { z } from 'zod';
import { instantSchema } from '../instant.ts';
import { remedySchema } from '../remedy.ts';

/** Conditions of a cluster. The first that does not hold names the status of the cluster. */
export const CONDITION_TYPES = [
  'one-primary',
  'reachable',
  'replicas-streaming',
  'failover-ready',
  'capacity',
  'certificates',
  'clocks',
  'verified',
  'up-to-date',
] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

export const CONDITION_STATUSES = ['true', 'false', 'unknown'] as const;
export type ConditionStatus = (typeof CONDITION_STATUSES)[number];

export const conditionSchema = z
  .object({
    type: z.enum(CONDITION_TYPES),
    status: z.enum(CONDITION_STATUSES),
    reason: z.string().describe('Code of the reason, e.g. `PATRONI_PAUSED`.'),
    message: z.string().describe('Reason as a sentence, with the nodes that it is about.'),
    remedy: remedySchema.nullable().describe('Next action; null if the condition holds.'),
    since: instantSchema.describe('Time of the last change of `status`.'),
    observed_at: instantSchema.describe('Time of the last evaluation.'),
  })
  .meta({ id: 'Condition', description: 'A statement about a cluster that holds or does not.' });
export type Condition = z.infer<typeof conditionSchema>;

/** Result of one evaluation. */
export type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message' | 'remedy'>;
