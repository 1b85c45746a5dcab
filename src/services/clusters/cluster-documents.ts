import type { Cluster } from '../../core/cluster/cluster.ts';
import { clusterActions, type StatusFacts, statusOf } from '../../core/cluster/cluster-status.ts';
import { pendingChange } from '../../core/cluster/pending-change.ts';
import { plannedNodes } from '../../core/cluster/topology.ts';
import type { Node } from '../../core/node/node.ts';
import type { ClusterRecord, ClusterSummary, ReportRecord } from '../../ports/stores.ts';
import type { Machines } from './machines.ts';

export function clusterDocument({ cluster, operation, report }: ClusterSummary): Cluster {
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
  const facts: StatusFacts = {
    hasNodes: cluster.nodes !== null,
    executedRevision: cluster.ansible_executed_revision,
    pending: pendingChange(cluster),
    operation,
    report,
  };
  return {
    ...members,
    status: statusOf(facts),
    pending_change: facts.pending,
    operation: operation && { id: operation.id, kind: operation.kind, state: operation.state },
    latest_report: report,
    allowed_actions: clusterActions({ ...facts, deletionProtection: cluster.deletion_protection }),
  };
}

/** Each node as it is planned, as it was made, and as it was last seen. */
export function nodeDocuments(
  cluster: ClusterRecord,
  report: ReportRecord | null,
  machines: Machines | null,
): Node[] {
  const made = new Map((cluster.nodes ?? []).map((node) => [node.name, node]));
  const seen = new Map((cluster.topology?.nodes ?? []).map(({ name, role }) => [name, role]));
  const reported = new Map((report?.document.nodes ?? []).map((node) => [node.node, node]));
  const planned = plannedNodes(cluster.spec);
  const names = new Set([...planned.map(({ name }) => name), ...made.keys()]);
  return [...names].map((name) => {
    const plan = planned.find((node) => node.name === name);
    const node = made.get(name);
    const last = reported.get(name);
    const machine = machines?.states.get(name);
    return {
      name,
      planned: plan !== undefined,
      made: node !== undefined,
      role: seen.get(name) ?? (plan?.witness ? 'witness' : null),
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
      replication: last
        ? { status: last.status, lag_bytes: last.lag_bytes, observed_at: report?.created_at ?? '' }
        : null,
    };
  });
}
