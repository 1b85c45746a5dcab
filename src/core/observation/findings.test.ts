import { expect, test } from 'vitest';
import {
  clusterFacts,
  type FactChanges,
  facts,
  NOW,
  SPEC,
} from '../../../test/support/observed-cluster.ts';
import { CONDITION_TYPES, type ConditionType } from './condition.ts';
import { type ClusterFacts, failoverFinding, findings } from './findings.ts';

const postgresOf = (ordinal: number) => {
  const { postgres } = facts(ordinal);
  if (postgres === null || !('slots' in postgres)) throw new Error('no PostgreSQL');
  return postgres;
};

const find = (type: ConditionType, cluster: ClusterFacts, now = NOW) => {
  const found = findings(cluster, now).find((one) => one.type === type);
  if (found === undefined) throw new Error(`no finding of ${type}`);
  return found;
};

test('a healthy cluster holds every condition, each without a remedy', () => {
  const found = findings(clusterFacts(), NOW);
  expect(found.map(({ type }) => type)).toEqual([...CONDITION_TYPES]);
  for (const { type, status, remedy } of found) {
    expect([type, status, remedy]).toEqual([type, 'true', null]);
  }
});

const slots = postgresOf(1).slots;
const [slot] = slots;
const { replica } = postgresOf(2);
if (slot === undefined || replica === null) throw new Error('the facts have no replica');

test.each<[string, ConditionType, Record<number, FactChanges | null>, string]>([
  ['a dead primary', 'one-primary', { 1: null }, 'NO_PRIMARY'],
  ['a dead primary', 'reachable', { 1: null }, 'NODE_UNREACHABLE'],
  [
    'no node that accepts writes',
    'one-primary',
    { 1: { postgres: { in_recovery: true } } },
    'NO_PRIMARY',
  ],
  [
    'two primaries',
    'one-primary',
    { 2: { postgres: { in_recovery: false, replica: null } } },
    'SEVERAL_PRIMARIES',
  ],
  ['a dead replica', 'replicas-streaming', { 3: null }, 'REPLICA_NOT_STREAMING'],
  [
    'PostgreSQL of a replica down',
    'replicas-streaming',
    { 3: { postgres: { error: 'no server' } } },
    'REPLICA_NOT_STREAMING',
  ],
  [
    'a dropped slot',
    'replicas-streaming',
    { 1: { postgres: { slots: slots.slice(0, 1) } } },
    'REPLICA_NOT_STREAMING',
  ],
  [
    'another timeline',
    'replicas-streaming',
    { 3: { postgres: { timeline: 2 } } },
    'REPLICA_NOT_STREAMING',
  ],
  [
    'a lost slot',
    'failover-ready',
    { 1: { postgres: { slots: [...slots, { ...slot, name: 'x', wal_status: 'lost' }] } } },
    'SLOT_LOST',
  ],
  [
    'an etcd member down',
    'failover-ready',
    { 3: { etcd: { healthy: false } } },
    'ETCD_MEMBER_MISSING',
  ],
  ['a dead etcd member', 'failover-ready', { 3: null }, 'ETCD_MEMBER_MISSING'],
  [
    'no quorum',
    'failover-ready',
    { 2: { etcd: { healthy: false } }, 3: { etcd: { healthy: false } } },
    'ETCD_NO_QUORUM',
  ],
  [
    'a leftover member',
    'failover-ready',
    { 1: { etcd: { members: ['a-1', 'a-2', 'a-3', 'a-4'] } } },
    'ETCD_LEFTOVER_MEMBER',
  ],
  ['Patroni paused', 'failover-ready', { 1: { patroni: { paused: true } } }, 'PATRONI_PAUSED'],
  ['Patroni hung', 'failover-ready', { 1: { patroni: { error: 'timed out' } } }, 'PATRONI_DOWN'],
  [
    'a guard that failed',
    'failover-ready',
    { 2: { units: { 'hathi-guard': 'failed' } } },
    'GUARD_NOT_RUNNING',
  ],
  [
    'replicas far behind',
    'failover-ready',
    Object.fromEntries(
      [2, 3].map((one) => [
        one,
        { postgres: { replica: { ...replica, received_lsn: '0/1000000' } } },
      ]),
    ),
    'NO_CANDIDATE',
  ],
  [
    'a full disk',
    'capacity',
    {
      2: {
        machine: { disks: { data: { size_bytes: 1_000, free_bytes: 50, free_inodes_ratio: 0.9 } } },
      },
    },
    'CAPACITY_LOW',
  ],
  [
    'no inodes',
    'capacity',
    {
      2: {
        machine: {
          disks: { data: { size_bytes: 1_000, free_bytes: 500, free_inodes_ratio: 0.01 } },
        },
      },
    },
    'CAPACITY_LOW',
  ],
  [
    'many sessions',
    'capacity',
    { 1: { postgres: { sessions: { ...postgresOf(1).sessions, total: 95 } } } },
    'CAPACITY_LOW',
  ],
  [
    'old transaction ids',
    'capacity',
    { 1: { postgres: { transaction_id_age: 1_500_000_000 } } },
    'CAPACITY_LOW',
  ],
  [
    'a certificate that expires tomorrow',
    'certificates',
    { 3: { patroni: { certificate_ends: '2026-01-13T10:00:00Z' } } },
    'CERTIFICATE_EXPIRES',
  ],
  ['a wrong clock', 'clocks', { 3: { clock: NOW.getTime() / 1_000 - 60 } }, 'CLOCK_DIFFERS'],
])('%s: %s does not hold', (_what, type, changes, reason) => {
  const found = find(type, clusterFacts(changes));
  expect(found).toMatchObject({ status: 'false', reason });
  expect(found.message).toMatch(/^\S.*\.$/);
  expect(found.remedy).not.toBeNull();
});

test('a missing quorum names the members that do not run, not the one that has no majority', () => {
  const stopped = { etcd: { healthy: false }, units: { etcd: 'inactive' } };
  const found = find(
    'failover-ready',
    clusterFacts({ 1: { etcd: { healthy: false } }, 2: stopped, 3: stopped }),
  );
  expect(found.message).toBe(
    'etcd has no quorum, so no failover is possible. Not running or without a response: a-2, a-3.',
  );
  expect(found.remedy).toMatchObject({ node: 'a-2', command: 'systemctl start etcd' });
});

test('a lost slot names the node that needs it, and the command that copies this node again', () => {
  const [first, second] = slots;
  if (first === undefined || second === undefined) throw new Error('the facts have no slots');
  const lost = { ...second, active: false, active_pid: null, wal_status: 'lost' };
  const cut = { ...replica, receiver_status: null, slot_name: null };
  const cluster = clusterFacts({
    1: { postgres: { slots: [first, lost] } },
    3: { postgres: { replica: cut } },
  });
  expect(find('failover-ready', cluster)).toMatchObject({
    message: 'The slot a_3 on a-1 has lost WAL that a-3 needs.',
    remedy: { node: 'a-1', command: 'patronictl -c /etc/patroni/config.yml reinit a a-3' },
  });
  expect(find('replicas-streaming', cluster).message).toBe(
    '1 of 2 replicas stream. a-3: It does not stream: there is no walreceiver. Its slot a_3 on a-1 has lost WAL it needs.',
  );
});

test('a replica below the allowed lag is enough', () => {
  const behind = { postgres: { replica: { ...replica, received_lsn: '0/1000000' } } };
  expect(find('failover-ready', clusterFacts({ 2: behind })).status).toBe('true');
});

test('the message of a lost node has its name, the time and the reason', () => {
  expect(find('reachable', clusterFacts({ 2: null })).message).toBe(
    'The server cannot reach a-2 since 2026-01-12T10:00:00.000Z (the connection was refused).',
  );
});

test('facts are unknown after three rounds', () => {
  const after = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);
  expect(find('one-primary', clusterFacts(), after(15)).status).toBe('true');
  for (const type of ['one-primary', 'replicas-streaming', 'failover-ready', 'capacity'] as const) {
    expect(find(type, clusterFacts(), after(16))).toMatchObject({ type, status: 'unknown' });
  }
});

test('verified needs a report that passed after the last change of roles', () => {
  const with_ = (more: Partial<ClusterFacts>) => find('verified', clusterFacts({}, more));
  expect(with_({ report: null })).toMatchObject({ status: 'false', reason: 'NEVER_VERIFIED' });
  const failed = { passed: false, created_at: '2026-01-12T09:00:00.000Z' };
  expect(with_({ report: failed })).toMatchObject({ reason: 'VERIFICATION_FAILED' });
  expect(with_({ roles_changed_at: '2026-01-12T09:30:00.000Z' })).toMatchObject({
    status: 'false',
    reason: 'ROLES_CHANGED',
  });
  expect(with_({ roles_changed_at: '2026-01-12T08:30:00.000Z' }).status).toBe('true');
});

test('a pending change names the next step', () => {
  const pending = {
    fields: ['parameters'],
    changes: [],
    next_step: 'create-ansible-script' as const,
  };
  expect(find('up-to-date', clusterFacts({}, { pending }))).toMatchObject({
    status: 'false',
    remedy: { action: 'run-step', step: 'create-ansible-script', cluster: 'a' },
  });
});

test('a cluster without replicas needs no failover', () => {
  const spec = { ...SPEC, replica_count: 0 };
  const cluster = clusterFacts({ 1: { postgres: { senders: [], slots: [] } } });
  const alone = {
    ...cluster,
    spec,
    planned: cluster.planned.slice(0, 1),
    nodes: cluster.nodes.slice(0, 1),
    observed: cluster.observed.slice(0, 1),
  };
  expect(findings(alone, NOW).filter(({ status }) => status !== 'true')).toEqual([]);
});

test('a verification and the condition failover-ready agree', () => {
  for (const changes of [{}, { 1: { patroni: { paused: true } } }, { 3: null }]) {
    const cluster = clusterFacts(changes);
    expect(failoverFinding(cluster, NOW)).toEqual(find('failover-ready', cluster));
  }
});
