// Longer than other files: one function for each condition, in the order of their severity.
import type { ClusterSpec } from '../cluster/cluster-spec.ts';
import type { PendingChange } from '../cluster/pending-change.ts';
import type { ClusterNode, PlannedNode } from '../cluster/topology.ts';
import { readable } from '../node/node-facts.ts';
import type { PostgresObservation } from '../postgres/observation.ts';
import { primaryOf } from '../postgres/observed-topology.ts';
import { reasonsOfReplica } from '../postgres/replication-verdict.ts';
import { type Remedy, runStep } from '../remedy.ts';
import type { ConditionType, Finding } from './condition.ts';
import { failoverProblem } from './failover-verdict.ts';
import { currentFacts, type ObservedNode, postgresObservation } from './observed-node.ts';

/** Everything that the conditions of a cluster depend on. */
export interface ClusterFacts {
  spec: ClusterSpec;
  planned: readonly PlannedNode[];
  nodes: readonly ClusterNode[];
  observed: readonly ObservedNode[];
  /** The newest report, if any. */
  report: { passed: boolean; created_at: string } | null;
  /** Time of the last observed change of roles; null if none was observed. */
  roles_changed_at: string | null;
  pending: PendingChange | null;
}

const DISK_FULL_RATIO = 0.9;
const FREE_INODES_RATIO = 0.05;
const SESSIONS_RATIO = 0.9;
/** PostgreSQL stops assigning transaction ids about 3 million before 2^31. */
const TRANSACTION_ID_AGE = 1_000_000_000;
const CERTIFICATE_DAYS = 30;
const DAY_MILLISECONDS = 86_400_000;
/** Includes the delay of the connection. */
const CLOCK_SECONDS = 5;

/** One finding for each condition, in the order of CONDITION_TYPES. Pure. */
export function findings(facts: ClusterFacts, now: Date): Finding[] {
  const observations = observationsOf(facts, now);
  const context: Context = { facts, now, observations, primary: primaryOf(observations) };
  return [
    onePrimary(context),
    reachable(context),
    replicasStreaming(context),
    failoverReady(context),
    capacity(context),
    certificates(context),
    clocks(context),
    ...recordFindings(facts),
  ];
}

function observationsOf(
  { nodes, observed }: Pick<ClusterFacts, 'nodes' | 'observed'>,
  now: Date,
): PostgresObservation[] {
  return nodes.map((node) => {
    const found = observed.find(({ name }) => name === node.name);
    return postgresObservation(node, found, now);
  });
}

/** The conditions that follow from records alone, without an observation. */
export function recordFindings(
  facts: Pick<ClusterFacts, 'spec' | 'report' | 'roles_changed_at' | 'pending'>,
): Finding[] {
  return [verified(facts), upToDate(facts)];
}

interface FailoverContext extends Omit<Context, 'facts'> {
  facts: Pick<ClusterFacts, 'spec' | 'planned' | 'nodes' | 'observed'>;
}

interface Context {
  facts: ClusterFacts;
  now: Date;
  observations: readonly PostgresObservation[];
  primary: PostgresObservation | null;
}

function holds(type: ConditionType, message: string): Finding {
  return { type, status: 'true', reason: 'OK', message, remedy: null };
}

function fails(type: ConditionType, reason: string, message: string, remedy: Remedy): Finding {
  return { type, status: 'false', reason, message, remedy };
}

function unknown(type: ConditionType, message: string, remedy: Remedy): Finding {
  return { type, status: 'unknown', reason: 'NOT_OBSERVED', message, remedy };
}

function onePrimary({ facts, observations, primary }: Context): Finding {
  const type = 'one-primary';
  const { name } = facts.spec;
  const data = observations.filter((one) => !one.witness);
  const writable = data.filter((one) => one.in_recovery === false);
  if (primary !== null && writable.length === 1) {
    return holds(type, `${primary.node} is the only node that accepts writes.`);
  }
  if (primary !== null) {
    const names = listed(writable.map((one) => one.node));
    const message = `${names} accept writes at the same time.`;
    return fails(type, 'SEVERAL_PRIMARIES', message, verifyStep(name));
  }
  const silent = data.filter((one) => one.unreachable !== null).map((one) => one.node);
  if (silent.length === 0) {
    return fails(type, 'NO_PRIMARY', 'No node accepts writes.', verifyStep(name));
  }
  const message = `No reachable node accepts writes; the role of ${listed(silent)} is not known.`;
  return silent.length === data.length
    ? unknown(type, message, showCluster(name))
    : fails(type, 'NO_PRIMARY', message, showCluster(name));
}

function reachable({ facts }: Context): Finding {
  const type = 'reachable';
  const { name } = facts.spec;
  const lost = facts.nodes.flatMap((node) => {
    const observed = facts.observed.find((one) => one.name === node.name);
    return observed?.reachable === false ? [observed] : [];
  });
  if (lost.length > 0) {
    const reasons = lost.map((one) => `${one.name} since ${one.since} (${one.reason})`);
    const message = `The server cannot reach ${reasons.join(', ')}.`;
    return fails(type, 'NODE_UNREACHABLE', message, runStep('plan-terraform', name));
  }
  const missing = facts.planned.filter((one) => !facts.nodes.some(({ name }) => name === one.name));
  if (missing.length > 0) {
    const message = `${listed(missing.map((one) => one.name))} was not created.`;
    return fails(type, 'NODE_MISSING', message, runStep('plan-terraform', name));
  }
  const pending = facts.nodes.filter(
    (node) => facts.observed.find((one) => one.name === node.name)?.reachable !== true,
  );
  if (pending.length > 0) {
    const message = `No connection to ${listed(pending.map((one) => one.name))} yet.`;
    return unknown(type, message, showCluster(name));
  }
  return holds(type, `All ${facts.nodes.length} nodes are connected.`);
}

function replicasStreaming({ facts, observations, primary }: Context): Finding {
  const type = 'replicas-streaming';
  const { name, replica_count: wanted } = facts.spec;
  if (primary === null) {
    return unknown(type, 'No primary is observed.', showCluster(name));
  }
  const others = observations.filter((one) => !one.witness && one !== primary);
  const problems = others.flatMap((one) => {
    const reasons = reasonsOfReplica(one, primary).map(({ message }) => message);
    return reasons.length === 0 ? [] : [`${one.node}: ${reasons.join(' ')}`];
  });
  const streaming = others.length - problems.length;
  if (streaming >= wanted) {
    return holds(type, wanted === 0 ? 'The spec has no replica.' : `${streaming} replicas stream.`);
  }
  const message = `${streaming} of ${wanted} replicas stream. ${problems.join(' ')}`.trim();
  return fails(type, 'REPLICA_NOT_STREAMING', message, verifyStep(name));
}

/** Whether a failover would work, as the condition and as a verification report it. */
export function failoverFinding(
  facts: Pick<ClusterFacts, 'spec' | 'planned' | 'nodes' | 'observed'>,
  now: Date,
): Finding {
  const observations = observationsOf(facts, now);
  return failoverReady({ facts, now, observations, primary: primaryOf(observations) });
}

function failoverReady({ facts, now, observations, primary }: FailoverContext): Finding {
  const type = 'failover-ready';
  const { name, replica_count: replicas } = facts.spec;
  if (replicas === 0) return holds(type, 'The spec has no replica, so no failover is expected.');
  const current = facts.nodes.map((node) => {
    const observed = facts.observed.find((one) => one.name === node.name);
    return { node: node.name, facts: observed === undefined ? null : currentFacts(observed, now) };
  });
  if (current.every((one) => one.facts === null)) {
    return unknown(type, 'No node has current facts.', showCluster(name));
  }
  const members = facts.planned.filter((one) => one.etcd).map((one) => one.name);
  const problem = failoverProblem({
    cluster: name,
    members,
    nodes: current,
    observations,
    primary,
  });
  if (problem === null) {
    return holds(type, 'etcd can lose a member, Patroni is active, and a replica can take over.');
  }
  const { node, command } = problem;
  const remedy: Remedy =
    command === null
      ? runStep('execute-ansible-script', name)
      : { action: 'run-on-node', cluster: name, node, command };
  return fails(type, problem.reason, problem.message, remedy);
}

function capacity({ facts, now }: Context): Finding {
  const type = 'capacity';
  const { name } = facts.spec;
  const current = currentOf(facts, now);
  const problems = current.flatMap(({ node, facts: found }) => {
    const machine = readable(found.machine);
    const disks = Object.entries(machine?.disks ?? {}).flatMap(([disk, usage]) => {
      if ('error' in usage) return [];
      const used = 1 - usage.free_bytes / usage.size_bytes;
      const inodes = usage.free_inodes_ratio;
      if (used >= DISK_FULL_RATIO) {
        return [`the disk \`${disk}\` of ${node} is ${percent(used)} full`];
      }
      return inodes !== null && inodes < FREE_INODES_RATIO
        ? [`the disk \`${disk}\` of ${node} has ${percent(inodes)} of its inodes free`]
        : [];
    });
    const postgres = readable(found.postgres);
    if (postgres === null) return disks;
    const sessions = postgres.sessions.total / postgres.max_connections;
    return [
      ...disks,
      ...(sessions >= SESSIONS_RATIO
        ? [`${node} has ${postgres.sessions.total} of ${postgres.max_connections} connections`]
        : []),
      ...(!postgres.in_recovery && postgres.transaction_id_age >= TRANSACTION_ID_AGE
        ? [`the oldest transaction id is ${postgres.transaction_id_age} transactions old`]
        : []),
    ];
  });
  if (current.length === 0) return unknown(type, 'No node has current facts.', showCluster(name));
  if (problems.length === 0) return holds(type, 'Disks, connections and transaction ids suffice.');
  return fails(type, 'CAPACITY_LOW', sentence(problems), showCluster(name));
}

function certificates({ facts, now }: Context): Finding {
  const type = 'certificates';
  const { name } = facts.spec;
  const current = currentOf(facts, now);
  const ends = current.flatMap(({ node, facts: found }) =>
    [readable(found.patroni)?.certificate_ends, readable(found.etcd)?.certificate_ends].flatMap(
      (end) => (end ? [{ node, end }] : []),
    ),
  );
  const [first] = ends.sort((one, other) => one.end.localeCompare(other.end));
  if (first === undefined) return unknown(type, 'No certificate was observed.', showCluster(name));
  const days = Math.floor((Date.parse(first.end) - now.getTime()) / DAY_MILLISECONDS);
  const message = `The certificate of ${first.node} is valid until ${first.end} (${days} days).`;
  return days >= CERTIFICATE_DAYS
    ? holds(type, message)
    : fails(type, 'CERTIFICATE_EXPIRES', message, runStep('create-ansible-script', name));
}

function clocks({ facts, now }: Context): Finding {
  const type = 'clocks';
  const { name } = facts.spec;
  const current = currentOf(facts, now);
  if (current.length === 0) return unknown(type, 'No node has current facts.', showCluster(name));
  const wrong = current.flatMap(({ node, facts: found, receivedAt }) => {
    const seconds = found.clock - receivedAt / 1_000;
    const where = seconds > 0 ? 'ahead of' : 'behind';
    return Math.abs(seconds) < CLOCK_SECONDS
      ? []
      : [`the clock of ${node} is ${Math.abs(seconds).toFixed(0)} s ${where} the server`];
  });
  if (wrong.length === 0) return holds(type, 'The clocks of the nodes agree with the server.');
  return fails(type, 'CLOCK_DIFFERS', sentence(wrong), showCluster(name));
}

function verified({
  report,
  roles_changed_at: changed,
  spec,
}: Pick<ClusterFacts, 'report' | 'roles_changed_at' | 'spec'>): Finding {
  const type = 'verified';
  const remedy = verifyStep(spec.name);
  if (report === null) {
    return fails(type, 'NEVER_VERIFIED', 'Replication was never verified.', remedy);
  }
  const at = report.created_at;
  if (!report.passed) {
    return fails(type, 'VERIFICATION_FAILED', `The verification at ${at} failed.`, remedy);
  }
  if (changed !== null && Date.parse(changed) > Date.parse(at)) {
    const message = `Roles changed at ${changed}, after the verification at ${at}.`;
    return fails(type, 'ROLES_CHANGED', message, remedy);
  }
  return holds(type, `Replication was verified at ${at}.`);
}

function upToDate({ pending, spec }: Pick<ClusterFacts, 'pending' | 'spec'>): Finding {
  const type = 'up-to-date';
  if (pending === null) return holds(type, 'The nodes have the current spec.');
  const message = `Not applied yet: ${pending.fields.join(', ')}.`;
  return fails(type, 'CHANGE_PENDING', message, runStep(pending.next_step, spec.name));
}

function currentOf(facts: ClusterFacts, now: Date) {
  return facts.observed.flatMap((one) => {
    const current = currentFacts(one, now);
    if (current === null) return [];
    return [{ node: one.name, facts: current, receivedAt: Date.parse(one.observed_at ?? '') }];
  });
}

function verifyStep(cluster: string): Remedy {
  return runStep('verify-replication', cluster);
}

function showCluster(cluster: string): Remedy {
  return { action: 'show-cluster', cluster };
}

function listed(names: readonly string[]): string {
  return names.length < 2
    ? (names[0] ?? 'no node')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}

function sentence(parts: readonly string[]): string {
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
