import { expect, test } from 'vitest';
import type { PostgresObservation, SlotObservation } from './observation.ts';
import { judgeReplication, type MarkerOutcome } from './replication-verdict.ts';

const EXPECTED = ['a-1', 'a-2', 'a-3'];

const blank = {
  witness: false,
  unreachable: null,
  round_trip_ms: 1,
  system_identifier: '7711512301145083932',
  timeline: 2,
  server_version: '17.12',
};

function primary(changes: Partial<PostgresObservation> = {}): PostgresObservation {
  return {
    ...blank,
    node: 'a-1',
    address: '10.0.0.11',
    in_recovery: false,
    replica: null,
    primary: {
      current_lsn: '0/5000000',
      senders: [2, 3].map((n) => ({
        pid: 100 + n,
        application_name: `a-${n}`,
        client_address: `10.0.0.1${n}`,
        state: 'streaming',
        sync_state: 'async',
        sent_lsn: '0/5000000',
        replayed_lsn: '0/5000000',
      })),
      slots: [2, 3].map((n) => ({
        name: `a_${n}`,
        active: true,
        active_pid: 100 + n,
        restart_lsn: '0/5000000',
        wal_status: 'reserved',
      })),
    },
    ...changes,
  };
}

function replica(
  n: number,
  changes: Partial<PostgresObservation> = {},
  state: Partial<NonNullable<PostgresObservation['replica']>> = {},
): PostgresObservation {
  return {
    ...blank,
    node: `a-${n}`,
    address: `10.0.0.1${n}`,
    in_recovery: true,
    primary: null,
    replica: {
      received_lsn: '0/5000000',
      replayed_lsn: '0/5000000',
      replay_pause_state: 'not paused',
      receiver_status: 'streaming',
      slot_name: `a_${n}`,
      sender_host: '10.0.0.11',
      replay_age_seconds: 4,
      ...state,
    },
    ...changes,
  };
}

const read = (node: string, seen = true) => ({
  node,
  seen,
  replayed_lsn: seen ? '0/5000100' : '0/5000000',
  seen_after_ms: seen ? 5 : null,
  reason: seen ? null : 'the row has not arrived',
});
const seenBy = (...nodes: string[]): MarkerOutcome => ({
  lsn: '0/5000100',
  reason: null,
  reads: nodes.map((node) => read(node)),
});
const everywhere = seenBy('a-2', 'a-3');

function reasonsFor(
  node: string,
  observations: PostgresObservation[],
  marker = everywhere,
): string[] {
  const verdict = judgeReplication(EXPECTED, observations, marker);
  expect(verdict.passed).toBe(false);
  return verdict.nodes.find((one) => one.node === node)?.reasons.map((one) => one.code) ?? [];
}

test('a primary with two replicas that read the row is verified, with no lag', () => {
  const verdict = judgeReplication(EXPECTED, [primary(), replica(2), replica(3)], everywhere);
  expect(verdict.passed).toBe(true);
  expect(verdict.primary?.node).toBe('a-1');
  expect(
    verdict.nodes.map((one) => [one.role, one.status, one.lag_bytes, one.lag_seconds]),
  ).toEqual([
    ['primary', 'proven', null, null],
    ['replica', 'proven', 0, null],
    ['replica', 'proven', 0, null],
  ]);
});

test('a single primary is verified by the row that it accepted, a witness without any check', () => {
  const witness = { ...replica(3), witness: true, in_recovery: null, replica: null };
  const pair = judgeReplication(EXPECTED, [primary(), replica(2), witness], seenBy('a-2'));
  expect(pair.passed).toBe(true);
  expect(pair.nodes[2]?.status).toBe('no-postgresql');
  expect(judgeReplication(['a-1'], [primary()], seenBy()).passed).toBe(true);
  const refused = { lsn: null, reason: 'no response in time', reads: [] };
  expect(judgeReplication(['a-1'], [primary()], refused).passed).toBe(false);
});

test('a stopped replica is unreachable, and waiting can help', () => {
  const stopped = replica(2, { unreachable: 'nothing listens', in_recovery: null, replica: null });
  const observations = [primary(), stopped, replica(3)];
  expect(reasonsFor('a-2', observations)).toEqual(['NODE_UNREACHABLE']);
  expect(judgeReplication(EXPECTED, observations, everywhere).maySettle).toBe(true);
});

test('a paused replica has its lag in bytes and seconds, and waiting cannot help', () => {
  const paused = replica(2, {}, { replay_pause_state: 'paused' });
  const marker = { ...everywhere, reads: [read('a-2', false), read('a-3')] };
  expect(reasonsFor('a-2', [primary(), paused, replica(3)], marker)).toEqual([
    'REPLAY_PAUSED',
    'MARKER_NOT_SEEN',
  ]);
  const verdict = judgeReplication(EXPECTED, [primary(), paused, replica(3)], marker);
  expect(verdict.maySettle).toBe(false);
  expect(verdict.nodes[1]).toMatchObject({ lag_bytes: 256, lag_seconds: 4 });
});

test('a replica without a slot is reported, although it streams and reads the row', () => {
  const detached = replica(2, {}, { slot_name: null });
  expect(reasonsFor('a-2', [primary(), detached, replica(3)])).toEqual(['NO_SLOT']);
  const foreign = replica(2, {}, { slot_name: 'a_3' });
  expect(reasonsFor('a-2', [primary(), foreign, replica(3)])).toEqual(['SLOT_INACTIVE']);
});

test('a replica without a receiver does not stream', () => {
  const cut = replica(2, {}, { receiver_status: null, slot_name: null });
  expect(reasonsFor('a-2', [primary(), cut, replica(3)])).toEqual(['NOT_STREAMING']);
});

test('a replica without a receiver has a reason for a slot that is dropped or lost', () => {
  const cut = replica(2, {}, { receiver_status: null, slot_name: null });
  const withSlots = (slots: SlotObservation[]) => {
    const facts = primary().primary;
    return primary({ primary: facts && { ...facts, slots } });
  };
  const [mine, other] = primary().primary?.slots ?? [];
  if (mine === undefined || other === undefined) throw new Error('the primary has no slots');
  expect(reasonsFor('a-2', [withSlots([other]), cut, replica(3)])).toEqual([
    'NOT_STREAMING',
    'NO_SLOT',
  ]);
  const lost = { ...mine, active: false, active_pid: null, wal_status: 'lost' };
  expect(reasonsFor('a-2', [withSlots([lost, other]), cut, replica(3)])).toEqual([
    'NOT_STREAMING',
    'SLOT_INACTIVE',
  ]);
});

test('a separate cluster is detected by its identifier, and the majority keeps its primary', () => {
  const foreign = primary({ node: 'a-1', system_identifier: '1', timeline: 9 });
  const observations = [foreign, replica(2), primary({ node: 'a-3' })];
  const verdict = judgeReplication(EXPECTED, observations, seenBy('a-2'));
  expect(verdict.primary?.node).toBe('a-3');
  expect(reasonsFor('a-1', observations)).toEqual([
    'OTHER_SYSTEM_IDENTIFIER',
    'SECOND_PRIMARY',
    'MARKER_NOT_SEEN',
  ]);
});

test('if two nodes accept writes, the node on the higher timeline is the primary', () => {
  const observations = [primary(), primary({ node: 'a-2', timeline: 3 }), replica(3)];
  expect(judgeReplication(EXPECTED, observations, everywhere).primary?.node).toBe('a-2');
  expect(reasonsFor('a-1', observations)).toContain('SECOND_PRIMARY');
});

test('an old timeline and a missing machine are reported', () => {
  const old = replica(2, { timeline: 1 });
  expect(reasonsFor('a-2', [primary(), old, replica(3)])).toEqual(['OTHER_TIMELINE']);
  expect(reasonsFor('a-3', [primary(), replica(2)])).toEqual(['NODE_MISSING']);
});

test('without a primary no replica is verified', () => {
  const nothing = { lsn: null, reason: null, reads: [] };
  expect(reasonsFor('a-2', [replica(2), replica(3)], nothing)).toEqual(['NO_PRIMARY']);
});
