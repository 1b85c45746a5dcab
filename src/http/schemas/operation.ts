import { z } from 'zod';
import { clusterNameSchema } from '../../core/cluster/cluster-spec.ts';
import { EVENTS, storedErrorSchema as errorSchema } from '../../core/operation/event.ts';
import { OPERATION_STATES } from '../../core/operation/operation.ts';
import { OPERATION_ACTIONS } from '../../core/operation/operation-actions.ts';
import { type OperationKind, PROCEDURES } from '../../core/procedures/procedures.ts';
import type { OperationView } from '../../services/api.ts';
import { idSchema } from '../server/record-ids.ts';
import { eventExample, operationExample } from './examples.ts';
import { decimal, nextCursor, pageQuery } from './page.ts';

const kinds = Object.keys(PROCEDURES) as [OperationKind, ...OperationKind[]];
const instant = z.string().describe('ISO 8601, UTC.');
const anyObject = z.record(z.string(), z.unknown());

/** A copy, so that the stored document's own schema stays free of the API's names. */
export const storedErrorSchema = z
  .object(errorSchema.shape)
  .meta({ id: 'StoredError', description: 'Reason of a failure.' });

export const stageRecordSchema = z
  .object({
    name: z.string().describe('Name of the stage; steps have a stage of the same name.'),
    position: z.int().describe('From 0; identifies the stage in its operation.'),
    node: z.string().nullable().describe('Node that the stage works on; null for the cluster.'),
    needs_approval: z
      .boolean()
      .describe('Waits for approval of the plan, unless approval is automatic.'),
    run_after: instant.nullable().describe('ISO 8601, UTC. The stage does not start earlier.'),
    state: z.enum(['pending', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted']),
    attempt: z.int(),
    started_at: instant.nullable(),
    ended_at: instant.nullable(),
    outcome: anyObject.nullable().describe('Result of the stage, as its step returns it.'),
    error: storedErrorSchema.nullable(),
  })
  .meta({ id: 'Stage' });

export const operationSchema = z
  .object({
    id: z.string(),
    cluster_id: z.string(),
    cluster_name: z.string(),
    kind: z.enum(kinds),
    access: z
      .enum(['change', 'copy', 'read'])
      .describe('A cluster has one unfinished change, one copy, and one read of each kind.'),
    state: z.enum(OPERATION_STATES),
    input: anyObject,
    approval: z.enum(['automatic', 'manual', 'granted']),
    attempt: z.int().describe('Number of claims by a worker, from 0.'),
    cancel_level: z
      .union([z.literal(0), z.literal(1), z.literal(2)])
      .describe('0 not cancelled, 1 stop, 2 stop by force.'),
    stages: z.array(stageRecordSchema),
    error: storedErrorSchema.nullable(),
    run_after: instant
      .nullable()
      .describe('ISO 8601, UTC. A queued operation does not start earlier.'),
    created_at: instant,
    started_at: instant.nullable(),
    ended_at: instant.nullable(),
    plan_id: z.string().nullable().describe('Plan that the operation created or applies.'),
    allowed_actions: z.array(z.enum(OPERATION_ACTIONS)),
    last_sequence: z.int().describe('Sequence of the newest event; 0 if there is none.'),
  })
  .meta({
    id: 'Operation',
    description: 'Durable work for one request on one cluster.',
    examples: [operationExample],
  }) satisfies z.ZodType<OperationView>;

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
  at: instant,
  stage: z.string().nullable().describe('Name of the stage; null for the whole operation.'),
  position: z.int().nullable().describe('Position of that stage.'),
};

/** `stage.started` becomes `StageStartedEvent`. */
function eventId(type: string): string {
  const words = type.split(/[.-]/).map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `${words.join('')}Event`;
}

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
