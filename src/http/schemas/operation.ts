import { z } from 'zod';
import { clusterNameSchema } from '../../core/cluster/cluster-spec.ts';
import { instantSchema } from '../../core/instant.ts';
import { EVENTS } from '../../core/operation/event.ts';
import { operationSchema as operation } from '../../core/operation/operation.ts';
import { OPERATION_STATES } from '../../core/operation/operation-state.ts';
import { idSchema } from '../server/record-ids.ts';
import { eventId } from './event-id.ts';
import { eventExample, operationExample } from './examples.ts';
import { decimal, nextCursor, pageQuery } from './page.ts';

export const operationSchema = operation.meta({
  id: 'Operation',
  description: 'Durable work for one request on one cluster.',
  examples: [operationExample],
});

export const operationListSchema = z
  .object({
    operations: z.array(operationSchema),
    next_cursor: nextCursor,
  })
  .describe('Operations, newest first.');

export const operationQuerySchema = z.strictObject({
  ...pageQuery,
  cluster: clusterNameSchema.optional().describe('Only operations of this cluster.'),
  state: z.enum(OPERATION_STATES).optional().describe('Only operations in this state.'),
});

export const approveBodySchema = z
  .strictObject({
    plan_id: idSchema('the reviewed plan')
      .optional()
      .describe('The reviewed plan. The request fails if the operation has another plan.'),
  })
  .meta({ examples: [{}] });

const envelope = {
  operation_id: z.string(),
  sequence: z.int().describe('Numbered from 1 without a gap.'),
  attempt: z.int(),
  at: instantSchema,
  stage: z.string().nullable().describe('Name of the stage; null for the whole operation.'),
  position: z.int().nullable().describe('Position of that stage.'),
};

const variants = Object.entries(EVENTS).map(([type, data]) =>
  z
    .object({ ...envelope, type: z.enum([type]), data: z.object(data.shape) })
    .meta({ id: eventId(type) }),
);

export const operationEventSchema = z
  .discriminatedUnion('type', variants as unknown as [z.ZodObject, ...z.ZodObject[]])
  .meta({
    id: 'OperationEvent',
    description: 'An event of an operation. `type` decides which members `data` has.',
    examples: [eventExample],
  });

export const operationParamsSchema = z.strictObject({
  id: idSchema('the operation'),
});

export const cancelBodySchema = z
  .strictObject({
    level: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .describe('1 stops cleanly (SIGINT). 2 stops by force (SIGKILL), after a request with 1.'),
  })
  .meta({ examples: [{ level: 1 }] });

export const followQuerySchema = z.strictObject({
  after: decimal(z.int().min(0))
    .optional()
    .describe('Only events after this sequence. The header Last-Event-ID takes precedence.'),
});
