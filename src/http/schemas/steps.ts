import { z } from 'zod';
import { clusterNameSchema, DEFAULT_CLUSTER } from '../../core/cluster/cluster-spec.ts';
import type { Step } from '../../core/operation/steps.ts';
import { MAX_PARAMETERS } from '../../core/postgres/parameters.ts';
import type { TargetContract } from '../../ports/target.ts';
import { idSchema } from '../server/record-ids.ts';
import { clusterNodeSchema, parameterValueSchema, topologySchema } from './cluster.ts';
import { outcomeExamples } from './examples.ts';
import { planContextSchema, refusalsSchema, startsSchema } from './plan.ts';
import { specFields } from './spec.ts';

const cluster = clusterNameSchema
  .default(DEFAULT_CLUSTER)
  .describe('Name of the cluster that the step acts on.');
const clusterAlone = z.strictObject({ cluster }).meta({ examples: [{ cluster: DEFAULT_CLUSTER }] });

const generateBody = (targets: readonly TargetContract[]) =>
  z
    .strictObject({ cluster, ...specFields(targets) })
    .meta({ examples: [{ instance_type: 't2.medium', replica_count: 2 }] });

/** PostgreSQL parameters stand at the top, beside `cluster`; no parameter has that name. */
const ansibleBody = z
  .object({ cluster })
  .catchall(
    z
      .union([...parameterValueSchema.options, z.null()])
      .describe('A value, or null for the default. Parameters that are left out keep their value.'),
  )
  .meta({
    examples: [{ max_connections: 200, shared_buffers: '128MB' }],
    // The member `cluster` is one more.
    maxProperties: MAX_PARAMETERS + 1,
  });

const destroyBody = z
  .strictObject({
    cluster,
    confirm: z.string().describe('Name of the cluster, as confirmation.'),
  })
  .superRefine((body, context) => {
    if (body.confirm === body.cluster) return;
    context.addIssue({
      code: 'custom',
      path: ['confirm'],
      input: body.confirm,
      message: `must be the name of the cluster, ${JSON.stringify(body.cluster)}`,
    });
  })
  .meta({ examples: [{ confirm: DEFAULT_CLUSTER }] });

export const stepBodies = (targets: readonly TargetContract[]) =>
  ({
    'generate-terraform': generateBody(targets),
    'plan-terraform': clusterAlone,
    'apply-terraform': z
      .strictObject({
        cluster,
        plan_id: idSchema('the plan')
          .optional()
          .describe('Id of a plan of plan-terraform (default: the newest plan).'),
      })
      .meta({ examples: [{ cluster: DEFAULT_CLUSTER }] }),
    'create-ansible-script': ansibleBody,
    'execute-ansible-script': clusterAlone,
    'verify-replication': clusterAlone,
    'destroy-terraform': destroyBody,
  }) as const satisfies Record<Step, z.ZodType>;

const operation = z.string().describe('Id of the operation.');
const files = z
  .array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string() }))
  .describe("Paths are relative to the cluster's workspace.");
const engine = z.looseObject({ name: z.string(), version: z.string() });
const count = z.int();

/** What each step made. Loose, since a stage may say more than its callers need. */
export const stepOutcomes = {
  'generate-terraform': z
    .looseObject({
      operation,
      cluster: z.string(),
      spec_revision: z.int(),
      workspace: z.string().describe('Absolute path on the machine of the server.'),
      files,
      engine,
      notes: z.array(z.string()),
    })
    .meta({
      id: 'GeneratedTerraform',
      description: 'The generated Terraform.',
      examples: [outcomeExamples['generate-terraform']],
    }),
  'plan-terraform': z
    .looseObject({
      operation,
      plan_id: z.string(),
      digest: z.string().describe('`sha256:<hex>` of the plan file.'),
      summary: z.object({
        add: count,
        change: count,
        replace: count,
        destroy: count,
        empty: z.boolean(),
      }),
      changes: z
        .array(z.looseObject({ address: z.string(), actions: z.array(z.string()) }))
        .describe('Sensitive values are masked.'),
      context: planContextSchema.nullable().optional(),
      refusals: refusalsSchema.optional(),
      starts: startsSchema.optional(),
      engine,
    })
    .meta({
      id: 'TerraformPlan',
      description: 'The stored plan.',
      examples: [outcomeExamples['plan-terraform']],
    }),
  'apply-terraform': z
    .looseObject({
      operation,
      plan_id: z.string(),
      applied: z.literal(true),
      resources: z.looseObject({ added: count, changed: count, destroyed: count }),
      nodes: z.array(clusterNodeSchema),
    })
    .meta({
      id: 'AppliedTerraform',
      description: 'Result of the apply.',
      examples: [outcomeExamples['apply-terraform']],
    }),
  'create-ansible-script': z
    .looseObject({
      operation,
      files,
      inventory: z.string().describe('Content of `inventory/hosts`.'),
      parameters: z.array(z.looseObject({ name: z.string(), value: z.string() })),
    })
    .meta({
      id: 'CreatedAnsibleScript',
      description: 'The generated Ansible.',
      examples: [outcomeExamples['create-ansible-script']],
    }),
  'execute-ansible-script': z
    .looseObject({
      operation,
      recap: z.record(
        z.string(),
        z.looseObject({
          ok: count,
          changed: count,
          failed: count,
          unreachable: count,
          skipped: count,
        }),
      ),
      changed: count,
      parameters: z
        .object({ checked: count, nodes: count })
        .describe('Number of parameters that were compared, and number of nodes.'),
      topology: topologySchema,
      connection: z.string().describe('Path of the connection strings.'),
    })
    .meta({
      id: 'ExecutedAnsibleScript',
      description: 'Result of the Ansible run, with the observed roles.',
      examples: [outcomeExamples['execute-ansible-script']],
    }),
  'verify-replication': z.looseObject({ operation }).meta({
    id: 'ReplicationReport',
    description: 'Result of the verification, for each node.',
    examples: [outcomeExamples['verify-replication']],
  }),
  'destroy-terraform': z
    .looseObject({
      operation,
      destroyed: z.literal(true),
      resources: z.looseObject({ destroyed: count }),
      left: z.array(z.unknown()),
    })
    .meta({
      id: 'DestroyedTerraform',
      description: 'Removed and remaining resources.',
      examples: [outcomeExamples['destroy-terraform']],
    }),
} as const satisfies Record<Step, z.ZodType>;

/** Headers are not strict: every client sends some of its own. */
export const preferHeaders = z.looseObject({
  prefer: z
    .string()
    .optional()
    .describe('`respond-async`: return 202 with the operation immediately (RFC 7240).'),
});
