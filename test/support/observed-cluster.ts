import type { ClusterSpec } from '../../src/core/cluster/cluster-spec.ts';
import { type ClusterNode, plannedNodes } from '../../src/core/cluster/topology.ts';
import type { NodeFacts } from '../../src/core/node/node-facts.ts';
import type { ClusterFacts } from '../../src/core/observation/findings.ts';
import type { ObservedNode } from '../../src/core/observation/observed-node.ts';

export const NOW = new Date('2026-01-12T10:00:00.000Z');

export const SPEC: ClusterSpec = {
  name: 'a',
  target: 'local',
  instance_type: 't2.medium',
  replica_count: 2,
  postgres_version: '17',
  failover_profile: 'fast',
  allow_list: [],
  parameters: {},
};

export function aNode(ordinal: number): ClusterNode {
  return {
    name: `a-${ordinal}`,
    address: `10.0.0.${10 + ordinal}`,
    subnet: '10.0.0.0/24',
    ssh_host: '127.0.0.1',
    ssh_port: 2200 + ordinal,
    postgres_host: '127.0.0.1',
    postgres_port: 5400 + ordinal,
    zone: null,
    instance_id: null,
  };
}

type Postgres = Extract<NonNullable<NodeFacts['postgres']>, { in_recovery: boolean }>;
type Machine = Extract<NodeFacts['machine'], { boot_id: string }>;
type Patroni = Extract<NonNullable<NodeFacts['patroni']>, { paused: boolean }>;
type Etcd = Extract<NonNullable<NodeFacts['etcd']>, { healthy: boolean }>;

export interface FactChanges {
  postgres?: Partial<Postgres> | { error: string };
  machine?: Partial<Machine>;
  patroni?: Partial<Patroni> | { error: string };
  etcd?: Partial<Etcd>;
  units?: Record<string, string>;
  clock?: number;
}

/** Facts of node `ordinal`; the first is the primary, and the others stream from it. */
export function facts(ordinal: number, changes: FactChanges = {}): NodeFacts {
  const isPrimary = ordinal === 1;
  const postgres: Postgres = {
    in_recovery: !isPrimary,
    system_identifier: '7',
    server_version: '17.6',
    started_at: '2026-01-12T09:00:00Z',
    timeline: 1,
    promotion: null,
    current_lsn: isPrimary ? '0/5000000' : null,
    replica: isPrimary
      ? null
      : {
          received_lsn: '0/5000000',
          replayed_lsn: '0/5000000',
          replay_pause_state: 'not paused',
          receiver_status: 'streaming',
          slot_name: `a_${ordinal}`,
          sender_host: '10.0.0.11',
          replay_age_seconds: 3,
        },
    senders: isPrimary
      ? [2, 3].map((replica) => ({
          pid: 100 + replica,
          application_name: `a-${replica}`,
          client_address: `10.0.0.${10 + replica}`,
          state: 'streaming',
          sync_state: 'async',
          sent_lsn: '0/5000000',
          replayed_lsn: '0/5000000',
          replay_lag_seconds: null,
        }))
      : [],
    slots: isPrimary
      ? [2, 3].map((replica) => ({
          name: `a_${replica}`,
          active: true,
          active_pid: 100 + replica,
          restart_lsn: '0/5000000',
          wal_status: 'reserved',
          retained_bytes: 0,
        }))
      : [],
    sessions: { total: 3, active: 1, idle_in_transaction: 0, oldest_transaction_seconds: 0 },
    max_connections: 100,
    transaction_id_age: 30,
    commits: 1_000,
    checksum_failures: 0,
    archiver: null,
    pending_restart: [],
  };
  const patroni: Patroni = {
    state: 'running',
    role: isPrimary ? 'primary' : 'replica',
    timeline: 1,
    version: '4.0.7',
    paused: false,
    pending_restart: false,
    dcs_last_seen: 0,
    sync_standby: false,
    settings: null,
    certificate_ends: '2028-01-01T00:00:00Z',
  };
  return {
    version: 1,
    at: NOW.toISOString(),
    clock: changes.clock ?? NOW.getTime() / 1_000,
    duration_ms: 20,
    machine: {
      boot_id: 'b',
      load: 0.5,
      cores: 2,
      memory_bytes: 1_000,
      memory_available_bytes: 600,
      disks: { data: { size_bytes: 1_000, free_bytes: 500, free_inodes_ratio: 0.9 } },
      ...changes.machine,
    },
    units: {
      states: { patroni: 'active', etcd: 'active', 'hathi-guard': 'active', ...changes.units },
    },
    postgres:
      changes.postgres && 'error' in changes.postgres
        ? changes.postgres
        : { ...postgres, ...changes.postgres },
    patroni:
      changes.patroni && 'error' in changes.patroni
        ? changes.patroni
        : { ...patroni, ...changes.patroni },
    etcd: {
      healthy: true,
      error: null,
      members: ['a-1', 'a-2', 'a-3'],
      certificate_ends: '2028-01-01T00:00:00Z',
      ...changes.etcd,
    },
  };
}

/** Node `ordinal` as it is observed now; `null` is a node that is not reachable. */
export function observed(ordinal: number, changes: FactChanges | null = {}): ObservedNode {
  const at = NOW.toISOString();
  const name = `a-${ordinal}`;
  if (changes === null) {
    const reason = 'the connection was refused';
    return { name, reachable: false, since: at, reason, observed_at: at, facts: facts(ordinal) };
  }
  const current = facts(ordinal, changes);
  return { name, reachable: true, since: at, reason: null, observed_at: at, facts: current };
}

/** A healthy cluster of three nodes; `changes` by the number of a node. */
export function clusterFacts(
  changes: Record<number, FactChanges | null> = {},
  more: Partial<ClusterFacts> = {},
): ClusterFacts {
  return {
    spec: SPEC,
    planned: plannedNodes(SPEC),
    nodes: [1, 2, 3].map(aNode),
    observed: [1, 2, 3].map((ordinal) =>
      observed(ordinal, ordinal in changes ? changes[ordinal] : {}),
    ),
    report: { passed: true, created_at: '2026-01-12T09:00:00.000Z' },
    roles_changed_at: null,
    pending: null,
    ...more,
  };
}
