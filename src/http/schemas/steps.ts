import { z } from 'zod';
import { clusterNameSchema, DEFAULT_CLUSTER } from '../../core/cluster/cluster-spec.ts';
import { STAGE_RESULTS } from '../../core/operation/stage-results.ts';
import type { Step } from '../../core/operation/steps.ts';
import { MAX_PARAMETERS } from '../../core/postgres/parameters.ts';
import type { TargetContract } from '../../ports/target.ts';
import { idSchema } from '../server/record-ids.ts';
import { changedValueSchema } from './cluster.ts';
import { resultExamples } from './examples.ts';
import { specFields } from './spec.ts';

const cluster = clusterNameSchema
  .default(DEFAULT_CLUSTER)
  .describe('Name of the cluster that the step acts on.');
const clusterAlone = z.strictObject({ cluster }).meta({ examples: [{ cluster: DEFAULT_CLUSTER }] });

const generateBody = (targets: readonly TargetContract[]) =>
  z
    .strictObject({ cluster, ...specFields(targets) })
    .meta({ examples: [{ instance_type: 't2.medium', replica_count: 2 }] });

/** PostgreSQL parameters are at the top level next to `cluster`; no parameter has that name. */
const ansibleBody = z
  .object({ cluster })
  .catchall(changedValueSchema)
  .meta({
    examples: [{ max_connections: 200, shared_buffers: '128MB' }],
    // One more for the member `cluster`.
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

/** Names and descriptions of the results of the steps. */
const RESULTS: Record<Step, { id: string; description: string }> = {
  'generate-terraform': { id: 'GeneratedTerraform', description: 'The generated Terraform.' },
  'plan-terraform': { id: 'TerraformPlan', description: 'The stored plan.' },
  'apply-terraform': { id: 'AppliedTerraform', description: 'Result of the apply.' },
  'create-ansible-script': {
    id: 'CreatedAnsibleScript',
    description: 'The generated Ansible.',
  },
  'execute-ansible-script': {
    id: 'ExecutedAnsibleScript',
    description: 'Result of the Ansible run, with the observed roles.',
  },
  'verify-replication': {
    id: 'VerifiedReplication',
    description: 'Result of the verification, for each node.',
  },
  'destroy-terraform': {
    id: 'DestroyedTerraform',
    description: 'Removed and remaining resources.',
  },
};

/** Response of a step: the result of its stage, with the id of the operation. */
export function stepResultSchema(step: Step) {
  return z
    .object({ operation: z.string().describe('Id of the operation.') })
    .extend(STAGE_RESULTS[step].shape)
    .meta({ ...RESULTS[step], examples: [resultExamples[step]] });
}

/** Headers are not strict: every client sends further headers. */
export const preferHeaders = z.looseObject({
  prefer: z
    .string()
    .optional()
    .describe('`respond-async`: return 202 with the operation immediately (RFC 7240).'),
});
