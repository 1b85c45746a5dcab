import { z } from 'zod';
import { clusterNodeSchema } from '../cluster/topology.ts';
import { instantSchema } from '../instant.ts';
import { planContextSchema } from './plan-context.ts';
import { PLAN_STATES } from './plan-state.ts';
import { planSummarySchema } from './plan-summary.ts';
import { resourceChangeSchema } from './planned-change.ts';
import { refusalSchema } from './refusal.ts';

/** A machine that was stopped when the plan was made. */
export const machineStartSchema = z
  .object({ node: z.string(), observed_at: instantSchema })
  .meta({ id: 'MachineStart' });
export type MachineStart = z.infer<typeof machineStartSchema>;

const count = z.int();

/** Result of the apply of a plan. */
export const planOutcomeSchema = z.object({
  plan_id: z.string(),
  applied: z.literal(true).optional().describe('Absent if the plan removed the cluster.'),
  resources: z.object({ added: count, changed: count, destroyed: count }),
  started: z.array(z.string()).optional().describe('Machines that the apply started.'),
  nodes: z.array(clusterNodeSchema).optional(),
});
export type PlanOutcome = z.infer<typeof planOutcomeSchema>;

export const planStartsSchema = z
  .array(machineStartSchema)
  .describe('Stopped machines that the apply starts. No other machine is started.');

export const planRefusalsSchema = z
  .array(refusalSchema)
  .describe('Reasons for which the plan cannot be applied (`PLAN_REFUSED`); empty if it can.');

/** A saved Terraform plan. The reviewed bytes are applied, and only once. */
export const planSchema = z.object({
  id: z.string(),
  cluster_name: z.string(),
  operation_id: z.string(),
  infrastructure_revision: z.int().describe('Spec revision of the planned machines.'),
  state: z.enum(PLAN_STATES),
  destroy: z.boolean().describe('Whether applying it removes the cluster.'),
  digest: z.string().describe('`sha256:<hex>` of the plan file.'),
  engine: z.object({
    name: z.string(),
    version: z.string(),
    configuration_digest: z
      .string()
      .describe('`sha256:<hex>` of the configuration that the engine read.'),
  }),
  summary: planSummarySchema,
  changes: z.array(resourceChangeSchema),
  files: z
    .array(z.object({ path: z.string(), content: z.string() }))
    .describe('The planned configuration, without the files of the module.'),
  context: planContextSchema.nullable().describe('null for a target without an account.'),
  refusals: planRefusalsSchema,
  starts: planStartsSchema,
  outcome: planOutcomeSchema.nullable().describe('Result of the apply; null before it.'),
  allowed_actions: z.array(z.enum(['apply'])),
  created_at: instantSchema,
});
export type Plan = z.infer<typeof planSchema>;
