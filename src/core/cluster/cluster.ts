import { z } from 'zod';
import { instantSchema } from '../instant.ts';
import { conditionSchema } from '../observation/condition.ts';
import type { ClusterSpec } from './cluster-spec.ts';
import { CLUSTER_ACTIONS, CLUSTER_STATUSES } from './cluster-status.ts';
import { pendingChangeSchema } from './pending-change.ts';
import { clusterNodeSchema, topologySchema } from './topology.ts';

const revision = z.int().nullable();

/** The members of a cluster that are stored. Each has this name in the database and in the API. */
export const storedClusterSchema = z.object({
  id: z.string(),
  name: z.string(),
  // The targets of a server decide which settings a spec has; HTTP replaces this member.
  spec: z.custom<ClusterSpec>(),
  spec_revision: z.int(),
  infrastructure_revision: z.int().describe('Spec revision at which the machines last changed.'),
  terraform_generated_revision: revision,
  applied_revision: revision.describe('Infrastructure revision of the machines.'),
  ansible_generated_revision: revision,
  ansible_executed_revision: revision,
  nodes: z.array(clusterNodeSchema).nullable().describe('null before the first apply.'),
  topology: topologySchema.nullable(),
  labels: z.record(z.string(), z.string()).describe('Labels of the user.'),
  deletion_protection: z.boolean().describe('While it is on, the cluster cannot be destroyed.'),
  created_at: instantSchema,
  updated_at: instantSchema,
});

/** A cluster with its requested and its observed state. */
export const clusterSchema = storedClusterSchema.extend({
  status: z
    .enum(CLUSTER_STATUSES)
    .describe(
      '`healthy`: every condition holds. `unknown`: there are no current facts. Otherwise the unfinished operation, or the first condition that does not hold; see `conditions`.',
    ),
  conditions: z
    .array(conditionSchema)
    .describe('In the order of severity; empty before the first observation.'),
  pending_change: pendingChangeSchema
    .nullable()
    .describe('Difference between the spec and the nodes; null if there is none.'),
  operation: z
    .object({ id: z.string(), kind: z.string(), state: z.string() })
    .nullable()
    .describe('Unfinished change of the cluster; null if there is none.'),
  latest_report: z
    .object({ id: z.string(), passed: z.boolean(), created_at: instantSchema })
    .nullable(),
  allowed_actions: z.array(z.enum(CLUSTER_ACTIONS)),
});
export type Cluster = z.infer<typeof clusterSchema>;
