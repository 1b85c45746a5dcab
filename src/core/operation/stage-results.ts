import { z } from 'zod';
import { clusterNodeSchema, topologySchema } from '../cluster/topology.ts';
import { planOutcomeSchema, planRefusalsSchema, planStartsSchema } from '../plan/plan.ts';
import { planContextSchema } from '../plan/plan-context.ts';
import { planSummarySchema } from '../plan/plan-summary.ts';
import { resourceChangeSchema } from '../plan/planned-change.ts';
import { replicationReportSchema } from '../postgres/replication-report.ts';
import { hostRecapSchema } from './event.ts';

const count = z.int();
const files = z
  .array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string() }))
  .describe("Paths are relative to the cluster's workspace.");
const workspace = z.string().describe('Absolute path on the machine of the server.');
const engine = z.object({
  name: z.string(),
  version: z.string(),
  path: z.string().optional().describe('Path of the program.'),
});

/** Result of each stage, by its name. A step returns the result of the stage with its name. */
export const STAGE_RESULTS = {
  'generate-terraform': z.object({
    cluster: z.string(),
    spec_revision: z.int(),
    workspace,
    files,
    engine,
    notes: z.array(z.string()),
  }),
  'plan-terraform': z.object({
    plan_id: z.string(),
    digest: z.string().describe('`sha256:<hex>` of the plan file.'),
    summary: planSummarySchema,
    changes: z.array(resourceChangeSchema).describe('Sensitive values are masked.'),
    context: planContextSchema.nullable().optional(),
    refusals: planRefusalsSchema.optional(),
    starts: planStartsSchema.optional(),
    engine,
  }),
  'apply-terraform': planOutcomeSchema.extend({
    applied: z.literal(true),
    nodes: z.array(clusterNodeSchema),
  }),
  'create-ansible-script': z.object({
    cluster: z.string(),
    workspace,
    files,
    inventory: z.string().describe('Content of `inventory/hosts`.'),
    parameters: z.array(
      z.object({
        name: z.string(),
        value: z.string(),
        scope: z.string().describe('`dynamic`: Patroni keeps it in etcd; `local`: each node does.'),
        restart: z.boolean().describe('Whether a change needs a restart.'),
        source: z.enum(['spec', 'default']),
      }),
    ),
  }),
  'execute-ansible-script': z.object({
    cluster: z.string(),
    recap: z.record(z.string(), hostRecapSchema),
    changed: count.describe('Number of tasks that changed something.'),
    parameters: z
      .object({ checked: count, nodes: count })
      .describe('Number of parameters that were compared, and number of nodes.'),
    topology: topologySchema,
    connection: z.string().describe('Path of the connection strings.'),
  }),
  'verify-replication': replicationReportSchema.extend({}),
  'remove-etcd-members': z.object({
    cluster: z.string(),
    removed: z.array(z.string()).describe('Names of the removed members of etcd.'),
    members: z.array(z.string()).describe('Names of the remaining members.'),
  }),
  switchover: z.object({
    cluster: z.string(),
    previous_primary: z.string(),
    primary: z.string(),
    seconds: z.number().describe('From the request to Patroni until the new primary was observed.'),
    topology: topologySchema,
  }),
  'destroy-terraform': z.object({
    destroyed: z.literal(true),
    resources: z.object({ destroyed: count }),
    left: z.array(z.unknown()).describe('Always empty: the operation fails if anything is left.'),
  }),
} as const satisfies Record<string, z.ZodObject>;

/** Name of a stage of the engine. */
export type StageName = keyof typeof STAGE_RESULTS;
export type StageResult<Name extends StageName = StageName> = z.infer<(typeof STAGE_RESULTS)[Name]>;
