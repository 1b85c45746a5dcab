import { z } from 'zod';
import { clusterNameSchema } from '../../core/cluster/cluster-spec.ts';
import { CLUSTER_ACTIONS, CLUSTER_STATUSES } from '../../core/cluster/cluster-status.ts';
import { type ClusterNode, ROLES, type Topology } from '../../core/cluster/topology.ts';
import { STEPS } from '../../core/operation/steps.ts';
import { MAX_PARAMETERS } from '../../core/postgres/parameters.ts';
import type { TargetContract } from '../../ports/target.ts';
import type { ClusterView, ForgottenCluster, NodeView, ReportView } from '../../services/api.ts';
import { MAX_NAME_LENGTH } from '../server/count-limits.ts';
import { clusterExample, forgottenExample, nodeExample, reportExample } from './examples.ts';
import { nextCursor, pageQuery } from './page.ts';
import { specFields, specSchemaOf } from './spec.ts';

const instant = z.string().describe('ISO 8601, UTC.');
const revision = z.int().nullable();
const roleSchema = z.enum(ROLES);

export const clusterNodeSchema = z
  .object({
    name: z.string(),
    address: z.string().describe("Address inside the cluster's own network."),
    subnet: z.string().describe('IPv4 network that the address is in.'),
    ssh_host: z.string(),
    ssh_port: z.int(),
    postgres_host: z
      .string()
      .nullable()
      .describe('null for a witness, because it has no PostgreSQL.'),
    postgres_port: z.int().nullable(),
    zone: z.string().nullable().describe('Availability zone; null if the target has no zones.'),
    instance_id: z.string().nullable().describe('Id of the EC2 instance; null on other targets.'),
  })
  .meta({ id: 'ClusterNode' }) satisfies z.ZodType<ClusterNode>;

export const topologySchema = z
  .object({
    primary: z.string().nullable(),
    nodes: z.array(z.object({ name: z.string(), role: roleSchema.nullable() })),
    observed_at: instant,
  })
  .meta({
    id: 'Topology',
    description: 'Roles as observed with SQL.',
  }) satisfies z.ZodType<Topology>;

/** PostgreSQL's texts have none. */
const NO_NUL = /^[^\0]*$/;

const LABEL_NAME = /^[a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?$/;

/** Most labels of a cluster. */
const MAX_LABELS = 32;

/** Longest value of a PostgreSQL parameter, in characters. */
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

export const reportSchema = z
  .object({
    id: z.string(),
    operation_id: z.string(),
    passed: z.boolean(),
    created_at: instant,
    document: z.record(z.string(), z.unknown()),
  })
  .meta({
    id: 'Report',
    description: 'Result of a verification of replication.',
    examples: [reportExample],
  }) satisfies z.ZodType<ReportView>;

export const reportListSchema = z
  .object({
    reports: z.array(reportSchema),
    next_cursor: nextCursor,
  })
  .describe('Reports, newest first.');

export const nodeListSchema = z
  .object({
    nodes: z.array(
      z
        .object({
          name: z.string(),
          planned: z.boolean().describe('Whether the current spec contains the node.'),
          made: z.boolean().describe('Whether Terraform created the node.'),
          role: roleSchema
            .nullable()
            .describe('Role as observed with SQL; null before the first observation.'),
          etcd: z.boolean().describe('Whether the node is a member of etcd.'),
          address: z.string().nullable(),
          subnet: z.string().nullable(),
          zone: z.string().nullable(),
          instance_id: z.string().nullable(),
          ssh_host: z.string().nullable(),
          ssh_port: z.int().nullable(),
          postgres_host: z.string().nullable(),
          postgres_port: z.int().nullable(),
          machine: z
            .object({ state: z.enum(['running', 'stopped', 'missing']), observed_at: instant })
            .nullable()
            .describe(
              'Current state of the container or instance; null if it was not created or the target does not respond.',
            ),
          replication: z
            .object({
              status: z.string(),
              lag_bytes: z.number().nullable(),
              observed_at: instant,
            })
            .nullable()
            .describe('From the newest report of the cluster.'),
        })
        .meta({ id: 'Node', examples: [nodeExample] }) satisfies z.ZodType<NodeView>,
    ),
  })
  .describe('Nodes, by their number.');

export const forgottenSchema = z
  .object({
    cluster: z.string(),
    forgotten: z.literal(true),
    left: z
      .array(
        z.object({
          kind: z.string().describe('Kind of the resource, e.g. `node`, `data-volume`.'),
          name: z.string(),
          node: z.string().nullable(),
          operation_id: z.string(),
          remove: z.string().describe('Shell command that removes the resource.'),
        }),
      )
      .nullable()
      .describe('Remaining resources; null if the target did not respond.'),
    workspace: z.string().nullable().describe('Directory with the files of the cluster.'),
  })
  .meta({
    id: 'ForgottenCluster',
    description: 'A cluster whose record was removed. Its machines were not changed.',
    examples: [forgottenExample],
  }) satisfies z.ZodType<ForgottenCluster>;

/** The schemas that depend on the targets of the server. */
export function clusterSchemas(targets: readonly TargetContract[]) {
  const clusterSchema = z
    .object({
      id: z.string(),
      name: z.string(),
      spec: specSchemaOf(targets),
      spec_revision: z.int(),
      infrastructure_revision: z.int(),
      terraform_generated_revision: revision,
      applied_revision: revision,
      ansible_generated_revision: revision,
      ansible_executed_revision: revision,
      nodes: z.array(clusterNodeSchema).nullable(),
      topology: topologySchema.nullable(),
      labels: z.record(z.string(), z.string()),
      deletion_protection: z.boolean().describe('While it is on, the cluster cannot be destroyed.'),
      status: z
        .enum(CLUSTER_STATUSES)
        .describe(
          '`healthy`: replication was verified, and the nodes have the current spec. `change-pending`: the spec was changed and not applied yet; see `pending_change`.',
        ),
      pending_change: z
        .object({
          fields: z.array(z.string()).describe('Members of the spec that differ.'),
          next_step: z.enum(STEPS).describe('Step that comes next.'),
        })
        .nullable()
        .describe('Difference between the spec and the nodes; null if there is none.'),
      operation: z
        .object({ id: z.string(), kind: z.string(), state: z.string() })
        .nullable()
        .describe('Unfinished change of the cluster; null if there is none.'),
      latest_report: z
        .object({ id: z.string(), passed: z.boolean(), created_at: instant })
        .nullable(),
      allowed_actions: z.array(z.enum(CLUSTER_ACTIONS)),
      created_at: instant,
      updated_at: instant,
    })
    .meta({
      id: 'Cluster',
      description: 'A cluster with its requested and its observed state.',
      examples: targets.slice(0, 1).map(({ name }) => clusterExample(name)),
    }) satisfies z.ZodType<ClusterView>;

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

  return { clusterSchema, clusterListSchema, createClusterBody };
}

export const updateClusterBody = z
  .strictObject({
    labels: labelsSchema.optional().describe('Replaces the labels as a whole.'),
    deletion_protection: z.boolean().optional(),
  })
  .meta({ examples: [{ labels: { team: 'billing' }, deletion_protection: true }] });

export const forgetBody = z
  .strictObject({ confirm: z.string().describe('Name of the cluster, as confirmation.') })
  .meta({ examples: [{ confirm: 'orders' }] });

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
