import { z } from 'zod';
import { instantSchema } from '../instant.ts';
import { OPERATION_ACCESS, type PlannedStage } from '../procedures/procedure.ts';
import { type OperationKind, PROCEDURES } from '../procedures/procedures.ts';
import { storedErrorSchema } from './event.ts';
import { OPERATION_ACTIONS, OPERATION_STATES, STAGE_STATES } from './operation-state.ts';
import { STAGE_RESULTS, type StageName, type StageResult } from './stage-results.ts';

const stageFields = {
  position: z.int().describe('From 0; identifies the stage in its operation.'),
  node: z.string().nullable().describe('Node that the stage works on; null for the cluster.'),
  needs_approval: z
    .boolean()
    .describe('Waits for approval of the plan, unless approval is automatic.'),
  run_after: instantSchema.nullable().describe('The stage does not start earlier.'),
  state: z.enum(STAGE_STATES),
  attempt: z.int().describe('Number of the attempt that last ran it, from 1.'),
  started_at: instantSchema.nullable(),
  ended_at: instantSchema.nullable(),
  error: storedErrorSchema.nullable(),
};

/** `plan-terraform` becomes `PlanTerraform`. */
function pascalCase(name: string): string {
  return name.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
}

const stageVariants = Object.entries(STAGE_RESULTS).map(([name, result]) =>
  z
    .object({
      name: z.enum([name]),
      ...stageFields,
      outcome: z
        .object(result.shape)
        .meta({ id: `${pascalCase(name)}Result` })
        .nullable()
        .describe('Result; null before the stage succeeded.'),
    })
    .meta({ id: `${pascalCase(name)}Stage` }),
);

type StageFields = z.infer<z.ZodObject<typeof stageFields>>;

/** One stage of one operation. */
export type StageRecord = {
  [Name in StageName]: StageFields & { name: Name; outcome: StageResult<Name> | null };
}[StageName];

export const stageSchema = z
  .discriminatedUnion('name', stageVariants as unknown as [z.ZodObject, ...z.ZodObject[]])
  .meta({
    id: 'Stage',
    description: 'A stage of an operation. `name` decides which members `outcome` has.',
  }) as unknown as z.ZodType<StageRecord>;

export function pendingStage(planned: PlannedStage, position: number): StageRecord {
  const unset = { started_at: null, ended_at: null, outcome: null, error: null };
  return { ...planned, position, state: 'pending', attempt: 0, ...unset } as StageRecord;
}

const OPERATION_KINDS = Object.keys(PROCEDURES) as [OperationKind, ...OperationKind[]];

/** The members of an operation that are stored. */
const storedOperationSchema = z.object({
  id: z.string(),
  cluster_id: z.string(),
  cluster_name: z.string(),
  kind: z.enum(OPERATION_KINDS),
  access: z
    .enum(OPERATION_ACCESS)
    .describe('A cluster has one unfinished change, one copy, and one read of each kind.'),
  state: z.enum(OPERATION_STATES),
  input: z
    .record(z.string(), z.unknown())
    .describe('Input of the request that its stages read, e.g. PostgreSQL parameters.'),
  approval: z
    .enum(['automatic', 'manual', 'granted'])
    .describe('`granted`: a person approved the plan.'),
  attempt: z.int().describe('Number of claims by a worker, from 0.'),
  cancel_level: z
    .union([z.literal(0), z.literal(1), z.literal(2)])
    .describe('0 not cancelled, 1 stop (SIGINT), 2 stop by force (SIGKILL).'),
  stages: z.array(stageSchema),
  error: storedErrorSchema.nullable(),
  run_after: instantSchema.nullable().describe('A queued operation does not start earlier.'),
  created_at: instantSchema,
  started_at: instantSchema.nullable(),
  ended_at: instantSchema.nullable(),
  last_sequence: z.int().describe('Sequence of the newest event; 0 if there is none.'),
});

/** A stored operation. */
export type OperationRecord = z.infer<typeof storedOperationSchema>;

/** Durable work for one request on one cluster. */
export const operationSchema = storedOperationSchema.extend({
  plan_id: z.string().nullable().describe('Plan that the operation created or applies.'),
  allowed_actions: z.array(z.enum(OPERATION_ACTIONS)),
});
export type Operation = z.infer<typeof operationSchema>;

/** The state of an operation and the sequence of its newest event. */
export type OperationProgress = Pick<OperationRecord, 'id' | 'state' | 'last_sequence'>;
