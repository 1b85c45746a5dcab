import { z } from 'zod';
import { CONDITION_STATUSES, CONDITION_TYPES } from './condition.ts';

/**
 * Every type of event of a cluster, with its data. An event is stored once and never changes, so a
 * new field is optional.
 */
export const CLUSTER_EVENTS = {
  'condition.changed': z.object({
    condition: z.enum(CONDITION_TYPES),
    status: z.enum(CONDITION_STATUSES),
    previous_status: z.enum(CONDITION_STATUSES).nullable().describe('null: first evaluation.'),
    reason: z.string(),
    message: z.string(),
  }),
  'roles.changed': z.object({
    primary: z.string(),
    timeline: z.int().nullable(),
    previous_primary: z.string().describe('The same node after a restart with a new timeline.'),
    previous_timeline: z.int().nullable(),
  }),
} as const satisfies Record<string, z.ZodObject>;

export type ClusterEventType = keyof typeof CLUSTER_EVENTS;

/** An event of a cluster before it is stored. */
export type NewClusterEvent = {
  [Type in ClusterEventType]: {
    type: Type;
    data: z.infer<(typeof CLUSTER_EVENTS)[Type]>;
    at: string;
  };
}[ClusterEventType];

/** An event of a cluster. Sequences increase over all clusters of a database. */
export type ClusterEvent = NewClusterEvent & { sequence: number; cluster: string };
