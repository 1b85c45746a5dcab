import type { Cluster } from '../../core/cluster/cluster.ts';
import { clusterActions, type StatusFacts, statusOf } from '../../core/cluster/cluster-status.ts';
import { pendingChange } from '../../core/cluster/pending-change.ts';
import { type ClusterNode, plannedNodes, type Topology } from '../../core/cluster/topology.ts';
import type { Node } from '../../core/node/node.ts';
import { readable } from '../../core/node/node-facts.ts';
import type { Condition } from '../../core/observation/condition.ts';
import {
  currentConditions,
  currentTopology,
  withFindings,
} from '../../core/observation/current.ts';
import { recordFindings } from '../../core/observation/findings.ts';
import { postgresObservation, unobserved } from '../../core/observation/observed-node.ts';
import { replicationLagBytes } from '../../core/postgres/lsn.ts';
import { primaryOf } from '../../core/postgres/observed-topology.ts';
import { reasonsOfReplica } from '../../core/postgres/replication-verdict.ts';
import type {
  ClusterRecord,
  ClusterSummary,
  ObservationRecord,
  ObservationSummary,
  ReportRecord,
} from '../../ports/stores.ts';
import type { Machines } from './machines.ts';

/** @param now decides which observed facts are current */
export function clusterDocument(
  { cluster, operation, report, observation }: ClusterSummary,
  now: Date,
): Cluster {
  const {
    site: _site,
    network_index: _index,
    node_size: _size,
    destroyed_at: _destroyed,
    metadata_revision: _revision,
    applied_spec: _applied,
    executed_spec: _executed,
    ...members
  } = cluster;
  const facts = {
    hasNodes: cluster.nodes !== null,
    executedRevision: cluster.ansible_executed_revision,
    pending: pendingChange(cluster),
    operation,
    report,
    conditions: conditionsNow({ cluster, report, observation }, now),
  } satisfies StatusFacts;
  return {
    ...members,
    topology: topologyNow(cluster, observation, now),
    status: statusOf(facts, now),
    conditions: facts.conditions,
    pending_change: facts.pending,
    operation: operation && { id: operation.id, kind: operation.kind, state: operation.state },
    latest_report: report,
    allowed_actions: clusterActions({ ...facts, deletionProtection: cluster.deletion_protection }),
  };
}

/** Conditions at this moment. Those that follow from records alone are never older than the records. */
function conditionsNow(
  { cluster, report, observation }: Pick<ClusterSummary, 'cluster' | 'report' | 'observation'>,
  now: Date,
): Condition[] {
  if (observation === null) return [];
  const { spec } = cluster;
  const { roles_changed_at } = observation;
  const found = recordFindings({ spec, report, roles_changed_at, pending: pendingChange(cluster) });
  return currentConditions(withFindings(observation.conditions, found, now), now);
}

/** Newest observed roles. Verifications observe roles, too, before and without the observer. */
export function topologyNow(
  { topology }: Pick<ClusterRecord, 'topology'>,
  observation: Pick<ObservationSummary, 'topology'> | null,
  now: Date,
): Topology | null {
  const observed = observation?.topology ?? null;
  const newest =
    observed !== null && (topology === null || observed.observed_at >= topology.observed_at)
      ? observed
      : topology;
  return newest && currentTopology(newest, now);
}

/** Everything that the documents of nodes are made from. */
export interface NodeSources {
  summary: ClusterSummary;
  report: ReportRecord | null;
  machines: Machines | null;
  observation: ObservationRecord | null;
}

/** Each node as planned, as created, and as observed. */
export function nodeDocuments(sources: NodeSources, now: Date): Node[] {
  const { summary, report, machines, observation } = sources;
  const { cluster } = summary;
  const made = new Map((cluster.nodes ?? []).map((node) => [node.name, node]));
  const topology = topologyNow(cluster, observation, now);
  const roles = new Map((topology?.nodes ?? []).map(({ name, role }) => [name, role]));
  const reported = new Map((report?.document.nodes ?? []).map((node) => [node.node, node]));
  const observed = new Map((observation?.nodes ?? []).map((node) => [node.name, node]));
  const planned = plannedNodes(cluster.spec);
  const names = new Set([...planned.map(({ name }) => name), ...made.keys()]);
  return [...names].map((name) => {
    const plan = planned.find((node) => node.name === name);
    const node = made.get(name);
    const last = reported.get(name);
    const machine = machines?.states.get(name);
    const { name: _name, ...facts } = observed.get(name) ?? unobserved(name);
    return {
      name,
      planned: plan !== undefined,
      made: node !== undefined,
      role: roles.get(name) ?? (plan?.witness ? 'witness' : null),
      etcd: plan?.etcd ?? false,
      address: node?.address ?? null,
      subnet: node?.subnet ?? null,
      zone: node?.zone ?? null,
      instance_id: node?.instance_id ?? null,
      ssh_host: node?.ssh_host ?? null,
      ssh_port: node?.ssh_port ?? null,
      postgres_host: node?.postgres_host ?? null,
      postgres_port: node?.postgres_port ?? null,
      machine: machines && machine ? { state: machine, observed_at: machines.observedAt } : null,
      replication: node ? replicationOf(node, cluster.nodes ?? [], observation, now) : null,
      verification: last ? { status: last.status, created_at: report?.created_at ?? '' } : null,
      observation: observed.has(name) ? facts : null,
    };
  });
}

function replicationOf(
  node: ClusterNode,
  nodes: readonly ClusterNode[],
  observation: ObservationRecord | null,
  now: Date,
): Node['replication'] {
  const seen = observation?.nodes.find(({ name }) => name === node.name);
  if (seen?.observed_at == null || node.postgres_port === null) return null;
  const all = nodes.map((one) => {
    const observed = observation?.nodes.find(({ name }) => name === one.name);
    return postgresObservation(one, observed, now);
  });
  const primary = primaryOf(all);
  const own = all.find((one) => one.node === node.name);
  const wasReplica = seen.facts && readable(seen.facts.postgres)?.in_recovery;
  if (own?.in_recovery === false || (own?.in_recovery === null && !wasReplica)) return null;
  const unknown = { status: 'unknown' as const, lag_bytes: null, lag_seconds: null };
  if (primary === null || own === undefined || own.in_recovery === null) {
    return { ...unknown, observed_at: seen.observed_at };
  }
  const status = reasonsOfReplica(own, primary).length === 0 ? 'streaming' : 'not-streaming';
  const written = primary.primary?.current_lsn;
  const replayed = own.replica?.replayed_lsn;
  const lag = written && replayed ? replicationLagBytes(written, replayed) : null;
  return {
    status,
    lag_bytes: lag,
    lag_seconds: lag !== null && lag > 0 ? (own.replica?.replay_age_seconds ?? null) : null,
    observed_at: seen.observed_at,
  };
}
