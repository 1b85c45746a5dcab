import { z } from 'zod';
import { roleSchema } from '../cluster/topology.ts';
import { instantSchema } from '../instant.ts';
import { observedNodeSchema } from '../observation/observed-node.ts';
import { NODE_STATUSES } from '../postgres/replication-report.ts';

/** States of a container or instance. `missing`: the target does not have it. */
export const MACHINE_STATES = ['running', 'stopped', 'missing'] as const;
export type PowerState = (typeof MACHINE_STATES)[number];

/** Whether a replica streams from the primary. */
export const REPLICATION_STATUSES = ['streaming', 'not-streaming', 'unknown'] as const;

/** A node as planned, as created and as last observed. An unknown fact is null. */
export const nodeSchema = z.object({
  name: z.string(),
  planned: z.boolean().describe('Whether the current spec contains the node.'),
  made: z.boolean().describe('Whether Terraform created the node.'),
  role: roleSchema.nullable().describe('Role as observed; null if it is not known at the moment.'),
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
    .object({ state: z.enum(MACHINE_STATES), observed_at: instantSchema })
    .nullable()
    .describe(
      'Current state of the container or instance; null if it was not created or the target does not respond.',
    ),
  replication: z
    .object({
      status: z
        .enum(REPLICATION_STATUSES)
        .describe('`unknown`: this node or the primary has no current facts.'),
      lag_bytes: z.number().nullable().describe('WAL that the replica has not replayed yet.'),
      lag_seconds: z.number().nullable().describe('null while there is nothing to replay.'),
      observed_at: instantSchema,
    })
    .nullable()
    .describe('Replication of a replica; null for other roles, and before the first observation.'),
  verification: z
    .object({ status: z.enum(NODE_STATUSES), created_at: instantSchema })
    .nullable()
    .describe('From the newest report of the cluster.'),
  observation: observedNodeSchema
    .omit({ name: true })
    .nullable()
    .describe('Newest facts of the node with their time; null before the first observation.'),
});
export type Node = z.infer<typeof nodeSchema>;
