import { z } from 'zod';
import { clusterNameSchema, clusterSpecSchema } from '../../core/cluster/cluster-spec.ts';
import type { ClusterNode, Topology } from '../../core/cluster/topology.ts';
import type { ClusterView, ConnectionView, ReportView } from '../../services/api.ts';

const instant = z.string().describe('ISO 8601, UTC.');
const revision = z.int().nullable();
const roleSchema = z.enum(['primary', 'replica', 'witness']);

export const clusterNodeSchema = z
  .object({
    name: z.string(),
    address: z.string().describe("Address inside the cluster's own network."),
    ssh_host: z.string(),
    ssh_port: z.int(),
    postgres_host: z.string().nullable().describe('null for a witness, which has no PostgreSQL.'),
    postgres_port: z.int().nullable(),
  })
  .meta({ id: 'ClusterNode' }) satisfies z.ZodType<ClusterNode>;

export const topologySchema = z
  .object({
    primary: z.string().nullable(),
    nodes: z.array(z.object({ name: z.string(), role: roleSchema.nullable() })),
    observed_at: instant,
  })
  .meta({ id: 'Topology', description: 'Roles as SQL told them.' }) satisfies z.ZodType<Topology>;

/** A copy, so that the stored document's own schema stays free of the API's names. */
const specSchema = z
  .object(clusterSpecSchema.shape)
  .meta({ id: 'ClusterSpec', description: 'What was asked for.' });

export const clusterSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    spec: specSchema,
    spec_revision: z.int(),
    infrastructure_revision: z.int(),
    terraform_generated_revision: revision,
    applied_revision: revision,
    ansible_generated_revision: revision,
    ansible_executed_revision: revision,
    nodes: z.array(clusterNodeSchema).nullable(),
    topology: topologySchema.nullable(),
    operation: z
      .object({ id: z.string(), kind: z.string(), state: z.string() })
      .nullable()
      .describe('The unfinished operation that holds the cluster.'),
    latest_report: z
      .object({ id: z.string(), passed: z.boolean(), created_at: instant })
      .nullable(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({
    id: 'Cluster',
    description: 'What was asked for beside what was seen.',
  }) satisfies z.ZodType<ClusterView>;

export const clusterListSchema = z.object({
  clusters: z.array(clusterSchema),
  next_cursor: z.string().nullable(),
});

export const connectionSchema = z
  .object({
    cluster: z.string(),
    user: z.string(),
    password: z.string(),
    database: z.string(),
    ca_certificate: z.string().describe('PEM.'),
    ca_certificate_path: z.string().nullable().describe('On the machine of the server.'),
    nodes: z.array(
      z.object({
        name: z.string(),
        role: roleSchema.nullable(),
        host: z.string(),
        port: z.int(),
        uri: z.string(),
      }),
    ),
    uri: z.string().describe('Every node in one URI; libpq finds the primary.'),
  })
  .meta({ id: 'Connection' }) satisfies z.ZodType<ConnectionView>;

export const reportSchema = z
  .object({
    id: z.string(),
    operation_id: z.string(),
    passed: z.boolean(),
    created_at: instant,
    document: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Report' }) satisfies z.ZodType<ReportView>;

export const clusterParamsSchema = z.strictObject({ name: clusterNameSchema });
