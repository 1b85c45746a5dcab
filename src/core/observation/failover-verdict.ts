import { type NodeFacts, readable, unreadable } from '../node/node-facts.ts';
import { replicationLagBytes } from '../postgres/lsn.ts';
import type { PostgresObservation } from '../postgres/observation.ts';
import { reasonsOfReplica, slotNameOf } from '../postgres/replication-verdict.ts';

/** Default of Patroni's `maximum_lag_on_failover`, in bytes. */
const MAXIMUM_LAG_BYTES = 1_048_576;

export interface FailoverFacts {
  cluster: string;
  /** Names of the etcd members of the spec. */
  members: readonly string[];
  /** Current facts of every node; null if there are none. */
  nodes: readonly { node: string; facts: NodeFacts | null }[];
  observations: readonly PostgresObservation[];
  primary: PostgresObservation | null;
}

/** The most severe reason for which a failover would not work. */
export interface FailoverProblem {
  reason: FailoverReason;
  /** Explanation in one sentence. */
  message: string;
  node: string;
  /** Command that repairs it on `node`; null if a step of Hathi repairs it. */
  command: string | null;
}

export const FAILOVER_REASONS = [
  'ETCD_NO_QUORUM',
  'ETCD_MEMBER_MISSING',
  'PATRONI_PAUSED',
  'PATRONI_DOWN',
  'GUARD_NOT_RUNNING',
  'NO_CANDIDATE',
  'SLOT_LOST',
  'ETCD_LEFTOVER_MEMBER',
] as const;
export type FailoverReason = (typeof FAILOVER_REASONS)[number];

/**
 * The reason why a failover would not work now: etcd without a spare member, Patroni paused or not
 * running, a guard that does not run, no replica within the allowed lag. Verification and the
 * condition `failover-ready` use the same function, so they agree. Pure.
 * @returns null if a failover would work
 */
export function failoverProblem(facts: FailoverFacts): FailoverProblem | null {
  return (
    etcdProblem(facts) ??
    patroniProblem(facts) ??
    guardProblem(facts) ??
    candidateProblem(facts) ??
    slotProblem(facts)
  );
}

function etcdProblem({ members, nodes }: FailoverFacts): FailoverProblem | null {
  const found = nodes.filter(({ node }) => members.includes(node));
  const healthy = found.filter(
    ({ facts }) => facts?.etcd && 'healthy' in facts.etcd && facts.etcd.healthy,
  );
  const silent = members.filter((name) => !healthy.some(({ node }) => node === name));
  const majority = Math.floor(members.length / 2) + 1;
  const command = 'systemctl start etcd';
  if (healthy.length < majority) {
    const stopped = silent.filter((name) => !isActive(nodes, name));
    const causes = stopped.length > 0 ? stopped : silent;
    const message = `etcd has no quorum, so no failover is possible. Not running or without a response: ${causes.join(', ')}.`;
    return { reason: 'ETCD_NO_QUORUM', message, node: causes[0] ?? '', command };
  }
  const node = silent[0] ?? members[0] ?? '';
  if (silent.length > 0) {
    const message = `etcd member ${silent.join(', ')} is not healthy, so the loss of another member stops failover.`;
    return { reason: 'ETCD_MEMBER_MISSING', message, node, command };
  }
  const listed = found.flatMap(({ facts }) =>
    facts && readable(facts.etcd)?.members ? [readable(facts.etcd)?.members ?? []] : [],
  )[0];
  const leftover = listed?.filter((name) => !members.includes(name)) ?? [];
  if (leftover.length === 0) return null;
  const message = `etcd still has the member ${leftover.map((name) => name || '(without a name)').join(', ')}, which is not in the spec.`;
  return { reason: 'ETCD_LEFTOVER_MEMBER', message, node, command: 'etcdctl member list' };
}

/** A member without a majority is not healthy, although its process runs. */
function isActive(nodes: FailoverFacts['nodes'], name: string): boolean {
  const facts = nodes.find(({ node }) => node === name)?.facts ?? null;
  return facts !== null && readable(facts.units)?.states.etcd === 'active';
}

function patroniProblem({ nodes, observations }: FailoverFacts): FailoverProblem | null {
  const data = nodes.filter(({ node }) => !observations.find((one) => one.node === node)?.witness);
  const paused = data.find(({ facts }) => facts && readable(facts.patroni)?.paused);
  if (paused) {
    const message = 'Automatic failover is paused in Patroni.';
    const command = 'patronictl -c /etc/patroni/config.yml resume';
    return { reason: 'PATRONI_PAUSED', message, node: paused.node, command };
  }
  const down = data.find(({ facts }) => facts !== null && readable(facts.patroni) === null);
  if (!down) return null;
  const why = unreadable(down.facts?.patroni ?? null) ?? 'no facts';
  const message = `Patroni of ${down.node} does not respond: ${why}.`;
  return { reason: 'PATRONI_DOWN', message, node: down.node, command: 'systemctl restart patroni' };
}

/** Without the guard, a hung Patroni can lead to two primaries. */
function guardProblem({ nodes }: FailoverFacts): FailoverProblem | null {
  for (const { node, facts } of nodes) {
    if (facts === null || facts.postgres === null) continue;
    const state = readable(facts.units)?.states['hathi-guard'];
    if (state === undefined || state === 'active' || state === 'activating') continue;
    const message = `The guard of ${node} is ${state}, so a hung Patroni could lead to two primaries.`;
    const command = state === 'not-found' ? null : 'systemctl start hathi-guard';
    return { reason: 'GUARD_NOT_RUNNING', message, node, command };
  }
  return null;
}

function candidateProblem({ nodes, observations, primary }: FailoverFacts): FailoverProblem | null {
  const replicas = observations.filter((one) => one.in_recovery === true);
  const most = maximumLag(nodes);
  const reasons = replicas.map((one) => {
    const [reason] = primary === null ? [] : reasonsOfReplica(one, primary);
    if (reason !== undefined) return `${one.node}: ${reason.message}`;
    const lag = lagOf(one, primary);
    return lag !== null && lag > most ? `${one.node} is ${lag} bytes behind.` : null;
  });
  if (reasons.includes(null)) return null;
  const message = `No replica can take over. ${reasons.join(' ')}`.trim();
  const node = replicas[0]?.node ?? nodes[0]?.node ?? '';
  const command = 'patronictl -c /etc/patroni/config.yml list';
  return { reason: 'NO_CANDIDATE', message, node, command };
}

/** The slot stays lost: its replica must be copied again. */
function slotProblem({ cluster, observations, primary }: FailoverFacts): FailoverProblem | null {
  const lost = primary?.primary?.slots.find((slot) => slot.wal_status === 'lost');
  if (!primary || !lost) return null;
  const replica = observations.find((one) => slotNameOf(one.node) === lost.name);
  const slot = `The slot ${lost.name} on ${primary.node}`;
  if (!replica) {
    const message = `${slot} has lost WAL, and no node of the cluster uses it.`;
    const sql = `select pg_drop_replication_slot('${lost.name}')`;
    const command = `runuser -u postgres -- psql -c "${sql}"`;
    return { reason: 'SLOT_LOST', message, node: primary.node, command };
  }
  const message = `${slot} has lost WAL that ${replica.node} needs.`;
  const command = `patronictl -c /etc/patroni/config.yml reinit ${cluster} ${replica.node}`;
  return { reason: 'SLOT_LOST', message, node: primary.node, command };
}

function maximumLag(nodes: FailoverFacts['nodes']): number {
  const found = nodes.flatMap(({ facts }) => {
    const lag = facts && readable(facts.patroni)?.settings?.maximum_lag_on_failover;
    return typeof lag === 'number' ? [lag] : [];
  });
  return found[0] ?? MAXIMUM_LAG_BYTES;
}

/** Bytes that were written and not received by the replica; null if they cannot be compared. */
function lagOf(replica: PostgresObservation, primary: PostgresObservation | null): number | null {
  const written = primary?.primary?.current_lsn ?? null;
  const received = replica.replica?.received_lsn ?? replica.replica?.replayed_lsn ?? null;
  return written === null || received === null ? null : replicationLagBytes(written, received);
}
