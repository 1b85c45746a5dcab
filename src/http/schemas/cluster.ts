import { z } from 'zod';
import { type Cluster, clusterSchema as cluster } from '../../core/cluster/cluster.ts';
import { clusterNameSchema } from '../../core/cluster/cluster-spec.ts';
import { nodeSchema as node } from '../../core/node/node.ts';
import { MAX_PARAMETERS } from '../../core/postgres/parameters.ts';
import { reportSchema as report } from '../../core/postgres/replication-report.ts';
import { forgottenClusterSchema } from '../../core/resources.ts';
import type { TargetContract } from '../../ports/target.ts';
import { ALLOWED_EFFECTS } from '../../services/operations/requests.ts';
import { MAX_NAME_LENGTH } from '../server/count-limits.ts';
import { clusterExample, forgottenExample, nodeExample, reportExample } from './examples.ts';
import { nextCursor, pageQuery } from './page.ts';
import { specFields, specSchemaOf } from './spec.ts';

/** PostgreSQL cannot store the character NUL in a text. */
const NO_NUL = /^[^\0]*$/;

const LABEL_NAME = /^[a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?$/;

/** Maximum number of labels of a cluster. */
const MAX_LABELS = 32;

/** Maximum length of the value of a PostgreSQL parameter, in characters. */
const MAX_PARAMETER_VALUE_LENGTH = 8_192;

const labelsSchema = z
  .record(
    z
      .string()
      .regex(LABEL_NAME, 'must have 1 to 63 small letters, digits, dots, slashes and hyphens'),
    z.string().max(255).regex(NO_NUL, 'must not have the character NUL'),
  )
  .describe('Your own labels, e.g. `{"team": "billing"}`. Lists can be filtered by them.')
  .meta({ maxProperties: MAX_LABELS });

/** Value of one PostgreSQL parameter. */
export const parameterValueSchema = z.union([
  z.string().max(MAX_PARAMETER_VALUE_LENGTH),
  z.number(),
  z.boolean(),
]);

/** Value of one PostgreSQL parameter in a request for an existing cluster. */
export const changedValueSchema = z
  .union([...parameterValueSchema.options, z.null()])
  .describe('A value, or null for the default. Parameters that are left out keep their value.');

export const reportSchema = report.meta({
  id: 'Report',
  description: 'Result of a verification of replication.',
  examples: [reportExample],
});

export const reportListSchema = z
  .object({ reports: z.array(reportSchema), next_cursor: nextCursor })
  .describe('Reports, newest first.');

export const nodeListSchema = z
  .object({ nodes: z.array(node.meta({ id: 'Node', examples: [nodeExample] })) })
  .describe('Nodes, by their number.');

export const forgottenSchema = forgottenClusterSchema.meta({
  id: 'ForgottenCluster',
  description: 'A cluster whose record was removed. Its machines were not changed.',
  examples: [forgottenExample],
});

/** The schemas that depend on the targets of the server. */
export function clusterSchemas(targets: readonly TargetContract[]) {
  const clusterSchema = cluster.extend({ spec: specSchemaOf(targets) }).meta({
    id: 'Cluster',
    description: 'A cluster with its requested and its observed state.',
    examples: targets.slice(0, 1).map(({ name }) => clusterExample(name)),
  }) as unknown as z.ZodType<Cluster>;

  const clusterListSchema = z
    .object({
      clusters: z.array(clusterSchema),
      next_cursor: nextCursor,
    })
    .describe('Clusters, by name.');

  const createClusterBody = z
    .strictObject({
      name: clusterNameSchema,
      ...specFields(targets),
      parameters: z
        .record(z.string().max(MAX_NAME_LENGTH), parameterValueSchema)
        .meta({ maxProperties: MAX_PARAMETERS })
        .default({})
        .describe('PostgreSQL parameters. They are checked before anything is created.'),
      labels: labelsSchema.default({}),
      deletion_protection: z
        .boolean()
        .optional()
        .describe('Deletion protection (default: on, except for the target `local`).'),
      approval: z
        .enum(['manual', 'automatic'])
        .default('manual')
        .describe('`manual`: the operation waits until its plan is approved.'),
    })
    .meta({
      examples: [{ name: 'orders', replica_count: 2, parameters: { max_connections: 200 } }],
    });

  const updateClusterBody = z
    .strictObject({
      ...specFields(targets),
      parameters: z
        .record(z.string().max(MAX_NAME_LENGTH), changedValueSchema)
        .meta({ maxProperties: MAX_PARAMETERS })
        .optional()
        .describe('PostgreSQL parameters to change. They are checked before anything is changed.'),
      labels: labelsSchema.optional().describe('Replaces the labels as a whole.'),
      deletion_protection: z.boolean().optional(),
      approval: z
        .enum(['manual', 'automatic'])
        .default('manual')
        .describe(
          '`manual`: the operation waits until its plan is approved. A change that deletes data waits in any case, unless `allow` has `delete-data`.',
        ),
      allow: z
        .array(z.enum(ALLOWED_EFFECTS))
        .max(ALLOWED_EFFECTS.length)
        .default([])
        .describe('Effects that an automatic approval includes.'),
    })
    .meta({
      examples: [{ replica_count: 3, parameters: { work_mem: '64MB', max_connections: null } }],
    });

  return { clusterSchema, clusterListSchema, createClusterBody, updateClusterBody };
}

export const forgetBody = z
  .strictObject({ confirm: z.string().describe('Name of the cluster, as confirmation.') })
  .meta({ examples: [{ confirm: 'orders' }] });

export const repairBody = z
  .strictObject({
    approval: z
      .enum(['manual', 'automatic'])
      .default('manual')
      .describe('`manual`: the operation waits until its plan is approved.'),
  })
  .meta({ examples: [{ approval: 'manual' }] });

export const switchoverBody = z
  .strictObject({
    to: z
      .string()
      .max(MAX_NAME_LENGTH)
      .optional()
      .describe('Name of the replica (default: the choice of Patroni).'),
  })
  .meta({ examples: [{ to: 'orders-2' }] });

export const destroyQuerySchema = z.strictObject({
  confirm: z.string().describe('Name of the cluster, as confirmation.'),
});

export const clusterQuerySchema = z.strictObject({
  ...pageQuery,
  label: z
    .string()
    .regex(/^[^=\0]{1,63}=[^\0]{0,255}$/, 'must be of the form name=value')
    .optional()
    .describe('Only clusters with this label, as `name=value`.'),
});

export const clusterParamsSchema = z.strictObject({
  name: clusterNameSchema.describe('Name of the cluster.').meta({ examples: ['orders'] }),
});
