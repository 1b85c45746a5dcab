import { z } from 'zod';
import { roleSchema } from '../cluster/topology.ts';
import { instantSchema } from '../instant.ts';

/** States of a container or instance. `missing`: the target does not have it. */
export const MACHINE_STATES = ['running', 'stopped', 'missing'] as const;
export type PowerState = (typeof MACHINE_STATES)[number];

/** A node as planned, as created and as last observed. A fact that is not known is null. */
export const nodeSchema = z.object({
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
    .object({ state: z.enum(MACHINE_STATES), observed_at: instantSchema })
    .nullable()
    .describe(
      'Current state of the container or instance; null if it was not created or the target does not respond.',
    ),
  replication: z
    .object({
      status: z.string(),
      lag_bytes: z.number().nullable(),
      observed_at: instantSchema,
    })
    .nullable()
    .describe('From the newest report of the cluster.'),
});
export type Node = z.infer<typeof nodeSchema>;
