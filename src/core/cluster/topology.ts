import type { ClusterSpec } from './cluster-spec.ts';

export const ROLES = ['primary', 'replica', 'witness'] as const;
export type Role = (typeof ROLES)[number];

/** etcd members of a cluster; a quorum of three bears the loss of one. */
export const ETCD_MEMBERS = 3;

/** A node as the spec asks for it. Only a witness is known by its plan; other roles are observed. */
export interface PlannedNode {
  name: string;
  /** 1-based; the number in the node's name. */
  ordinal: number;
  witness: boolean;
  etcd: boolean;
}

/** A node as Terraform's outputs give it. Ports are those of `ssh_host` and `postgres_host`. */
export interface ClusterNode {
  name: string;
  /** Address inside the cluster's own network. */
  address: string;
  /** IPv4 CIDR of the network that the address is in. */
  subnet: string;
  ssh_host: string;
  ssh_port: number;
  postgres_host: string | null;
  postgres_port: number | null;
  /** Availability zone; null where the target has none. */
  zone: string | null;
  /** EC2's own id; null on other targets. */
  instance_id: string | null;
}

/** Roles as SQL told them, never as a name suggests. */
export interface Topology {
  primary: string | null;
  nodes: { name: string; role: Role | null }[];
  observed_at: string;
}

/**
 * The nodes of a spec: one primary and its replicas, and for exactly two PostgreSQL nodes a witness,
 * since two etcd members bear no loss at all. The witness keeps ordinal 3; a cluster that grows past
 * two PostgreSQL nodes makes that very name a full node.
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
