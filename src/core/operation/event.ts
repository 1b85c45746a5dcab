// Longer than other files: the closed list of every event.
import { z } from 'zod';
import { roleSchema } from '../cluster/topology.ts';
import { instantSchema } from '../instant.ts';
import { planStartsSchema } from '../plan/plan.ts';
import { planSummarySchema } from '../plan/plan-summary.ts';
import { REFUSAL_REASONS } from '../plan/refusal.ts';
import { NODE_STATUSES } from '../postgres/replication-report.ts';

const node = z.string().describe('Name of the node.');
const role = z.string().nullable().describe('Role of Ansible; null outside roles.');
const empty = z.object({});

/** Stored reason why an operation or a stage ended without success. */
export const storedErrorSchema = z
  .object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'StoredError', description: 'Reason of a failure.' });
export type StoredError = z.infer<typeof storedErrorSchema>;

/** Results of a task on one node. */
export const TASK_STATUSES = ['ok', 'changed', 'failed', 'unreachable', 'skipped'] as const;

const failure = z.object({ error: storedErrorSchema });
const attempt = z.int().describe('Number of the attempt, from 1.');
/** Number of tasks of a node, by result. */
export const hostRecapSchema = z.object({
  ok: z.int(),
  changed: z.int(),
  failed: z.int(),
  unreachable: z.int(),
  skipped: z.int(),
});

/**
 * Every type of event, with its data. An event is stored once and never changes, so a new field is
 * optional, or a migration adds it to the stored events.
 */
export const EVENTS = {
  'operation.queued': z.object({
    kind: z.string().describe('Procedure of the operation.'),
    cluster: z.string().describe('Name of the cluster.'),
  }),
  'operation.running': z.object({
    attempt,
    resumed_stage: z
      .string()
      .nullable()
      .describe('Stage that an earlier attempt had started; null if there is none.'),
  }),
  'operation.scheduled': z.object({ run_after: instantSchema }),
  'operation.awaiting-approval': empty,
  'operation.approved': z.object({
    plan_id: z.string().nullable().describe('Plan that was approved.'),
  }),
  'operation.cancelling': z.object({
    level: z.int().describe('1 stops cleanly (SIGINT), 2 by force (SIGKILL).'),
  }),
  'operation.cancelled': z.object({
    level: z.int().optional(),
    error: storedErrorSchema.optional(),
  }),
  'operation.succeeded': empty,
  'operation.failed': failure,
  'operation.interrupted': failure,

  'stage.started': z.object({ attempt }),
  'stage.succeeded': z.object({ seconds: z.number().describe('Duration of the stage.') }),
  'stage.failed': failure,
  'stage.cancelled': failure,
  'stage.interrupted': failure,

  'terraform.log': z.object({
    level: z.string().describe('`info`, `warning` or `error`.'),
    message: z.string(),
    address: z.string().optional().describe('Resource that the message is about.'),
  }),
  'terraform.plan': z.object({
    plan_id: z.string(),
    summary: planSummarySchema,
    refusals: z
      .array(
        z.object({
          reason: z.enum(REFUSAL_REASONS),
          node: z.string().nullable(),
          message: z.string(),
          action: z.string(),
        }),
      )
      .describe('Reasons for which the plan cannot be applied.'),
    starts: planStartsSchema,
  }),
  'terraform.resource': z.object({
    address: z.string(),
    node: z.string().nullable().describe('Node of the resource; null if it has none.'),
    action: z.string().describe('`create`, `update`, `delete` or `replace`.'),
    status: z.enum(['started', 'progress', 'completed', 'failed']),
    elapsed_seconds: z.number().optional(),
  }),
  'terraform.outputs': z.object({
    outputs: z.record(z.string(), z.unknown()).describe('Sensitive values are masked.'),
  }),

  'ansible.task': z.object({ task: z.string(), role }),
  'ansible.host': z.object({
    host: node,
    task: z.string(),
    role,
    status: z.enum(TASK_STATUSES),
    duration_seconds: z.number(),
    message: z.string().nullable().describe('Reason of a failure.'),
  }),
  'ansible.recap': z.object({
    hosts: z
      .record(z.string(), hostRecapSchema)
      .describe('Number of tasks of each node, by result.'),
    duration_seconds: z.number(),
  }),

  'node.started': z.object({ node }),
  'node.ready': z.object({ node }),
  'node.progress': z.object({
    node,
    verb: z.string().describe('Program that runs on the node, e.g. `patroni-member`.'),
    state: z.string().describe('e.g. `creating replica`.'),
    copied_bytes: z.number().optional(),
  }),
  'replication.node': z.object({
    node,
    role: roleSchema.nullable().describe('Observed role; null if nothing was observed.'),
    status: z.enum(NODE_STATUSES),
    reasons: z.array(z.object({ code: z.string(), message: z.string() })),
    lag_bytes: z.number().nullable(),
    round_trip_ms: z
      .number()
      .nullable()
      .describe('Time from the write on the primary to the read on the replica.'),
  }),
} as const satisfies Record<string, z.ZodObject>;

export type EventType = keyof typeof EVENTS;

/** An event as a stage or a tool emits it; the engine adds the stage. */
export type StageEvent = {
  [Type in EventType]: { type: Type; data: z.infer<(typeof EVENTS)[Type]> };
}[EventType];

interface EventStage {
  /** Name of the stage; null for events of the operation as a whole. */
  stage: string | null;
  /** Position of that stage, because several stages may have the same name. */
  position: number | null;
}

/** An event before it is stored. */
export type NewEvent = StageEvent & EventStage;

/** Events of one operation are numbered from 1 without a gap. */
export type OperationEvent = NewEvent & {
  operation_id: string;
  sequence: number;
  attempt: number;
  at: string;
};

type DataOf<Type extends EventType> = Extract<StageEvent, { type: Type }>['data'];

/** An event of the operation as a whole. */
export function operationEvent<Type extends Extract<EventType, `operation.${string}`>>(
  type: Type,
  data: DataOf<Type>,
): NewEvent {
  return { type, data, stage: null, position: null } as NewEvent;
}
