import { z } from 'zod';
import { instantSchema } from '../../core/instant.ts';
import { CLUSTER_EVENTS } from '../../core/observation/cluster-event.ts';
import { failoverSchema } from '../../core/observation/failover.ts';
import { SERIES, SERIES_NAMES, seriesSchema } from '../../core/observation/series.ts';
import { eventId } from './event-id.ts';
import { clusterEventExample, failoverExample, seriesExample } from './examples.ts';
import { decimal, nextCursor } from './page.ts';

export const failoverListSchema = z
  .object({ failovers: z.array(failoverSchema), next_cursor: nextCursor })
  .meta({
    id: 'FailoverList',
    description: 'Failovers, newest first.',
    examples: [{ failovers: [failoverExample], next_cursor: null }],
  });

export const seriesResponse = seriesSchema.meta({
  id: 'Series',
  description: 'A metric of the nodes of a cluster over time.',
  examples: [seriesExample],
});
const envelope = {
  sequence: z.int().describe('Increases over all clusters.'),
  cluster: z.string().describe('Name of the cluster.'),
  at: instantSchema,
};

const variants = Object.entries(CLUSTER_EVENTS).map(([type, data]) =>
  z
    .object({ ...envelope, type: z.enum([type]), data: z.object(data.shape) })
    .meta({ id: eventId(type) }),
);

export const clusterEventResponse = z
  .discriminatedUnion('type', variants as unknown as [z.ZodObject, ...z.ZodObject[]])
  .meta({
    id: 'ClusterEvent',
    description: 'A change that was observed on a cluster. `type` decides the members of `data`.',
    examples: [clusterEventExample],
  });

const time = (description: string) =>
  z.iso.datetime({ offset: true }).optional().describe(description);

const metrics = Object.entries(SERIES).map(([name, one]) => `\`${name}\`: ${one.description}`);

export const seriesQuerySchema = z.strictObject({
  metric: z.enum(SERIES_NAMES).describe(metrics.join(' ')),
  from: time('Start, ISO 8601; default: one hour before `to`. At most 30 days before `to`.'),
  to: time('End, ISO 8601; default: now.'),
});

export const clusterEventsQuerySchema = z.strictObject({
  after: decimal(z.int().min(0))
    .optional()
    .describe('Sequence of the last event that the client has; default: only new events.'),
  follow: z
    .enum(['true', 'false'])
    .optional()
    .describe('`false`: the stream ends after the stored events; default: `true`.'),
});
