import { z } from 'zod';
import { instantSchema } from '../instant.ts';
import type { ClusterSpec } from './cluster-spec.ts';

export const ROLES = ['primary', 'replica', 'witness'] as const;
export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

/** etcd members of a cluster; a quorum of three tolerates the loss of one. */
export const ETCD_MEMBERS = 3;

/** A node of the spec. Only the witness is planned; other roles are observed. */
export interface PlannedNode {
  name: string;
  /** 1-based; the number in the node's name. */
  ordinal: number;
  witness: boolean;
  etcd: boolean;
}

/** A node in the outputs of Terraform. */
export const clusterNodeSchema = z
  .object({
    name: z.string(),
    address: z.string().describe("Address inside the cluster's own network."),
    subnet: z.string().describe('IPv4 network that the address is in.'),
    ssh_host: z.string(),
    ssh_port: z.int().describe('Port of `ssh_host`.'),
    postgres_host: z
      .string()
      .nullable()
      .describe('null for a witness, because it has no PostgreSQL.'),
    postgres_port: z.int().nullable().describe('Port of `postgres_host`.'),
    zone: z.string().nullable().describe('Availability zone; null if the target has no zones.'),
    instance_id: z.string().nullable().describe('Id of the EC2 instance; null on other targets.'),
  })
  .meta({ id: 'ClusterNode' });
export type ClusterNode = z.infer<typeof clusterNodeSchema>;

export const topologySchema = z
  .object({
    primary: z.string().nullable(),
    nodes: z.array(z.object({ name: z.string(), role: roleSchema.nullable() })),
    observed_at: instantSchema,
  })
  .meta({ id: 'Topology', description: 'Roles as observed with SQL.' });
export type Topology = z.infer<typeof topologySchema>;

/**
 * The nodes of a spec: one primary and its replicas, and for exactly two PostgreSQL nodes a
 * witness, because two etcd members tolerate no loss. The witness has the ordinal 3. In a cluster
 * that grows beyond two PostgreSQL nodes, the node with that name becomes a full node.
 */
export function plannedNodes(spec: Pick<ClusterSpec, 'name' | 'replica_count'>): PlannedNode[] {
  const postgresNodes = spec.replica_count + 1;
  const witnesses = postgresNodes === 2 ? 1 : 0;
  const members = postgresNodes === 1 ? 1 : ETCD_MEMBERS;
  return Array.from({ length: postgresNodes + witnesses }, (_, index) => ({
    name: `${spec.name}-${index + 1}`,
    ordinal: index + 1,
    witness: index >= postgresNodes,
    etcd: index < members,
  }));
}
