import type { ClusterSpec } from '../cluster/cluster-spec.ts';
import type { PlannedNode } from '../cluster/topology.ts';

const PATRONI_PORT = 8008;
const ETCD_PORT = 2379;
const POSTGRES_PORT = 5432;

/** A service of the node with TLS, and the files of the certificate that it accepts. */
interface TlsService {
  address: string;
  port: number;
  ca: string;
  certificate: string;
  key: string;
}

/** First line of the input of `node/hathi_node/session`. */
export interface SessionSettings {
  interval_seconds: number;
  directories: Record<string, string>;
  postgres: { port: number; psql: string } | null;
  patroni: TlsService | null;
  etcd: TlsService | null;
}

/** The settings of the program on one node. The paths are those of the Ansible roles. */
export function sessionSettings(
  spec: Pick<ClusterSpec, 'postgres_version'>,
  node: PlannedNode & { address: string },
  intervalSeconds: number,
): SessionSettings {
  const version = spec.postgres_version;
  const service = (port: number, pki: string): TlsService => ({
    address: node.address,
    port,
    ca: `${pki}/ca.crt`,
    certificate: `${pki}/node.crt`,
    key: `${pki}/node.key`,
  });
  return {
    interval_seconds: intervalSeconds,
    directories: { data: node.witness ? '/' : `/var/lib/postgresql/${version}/main` },
    postgres: node.witness
      ? null
      : { port: POSTGRES_PORT, psql: `/usr/lib/postgresql/${version}/bin/psql` },
    patroni: node.witness ? null : service(PATRONI_PORT, '/etc/patroni/pki'),
    etcd: node.etcd ? service(ETCD_PORT, '/etc/etcd/pki') : null,
  };
}
