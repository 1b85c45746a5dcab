import { readable } from '../node/node-facts.ts';
import { CONDITION_STATUSES, type Condition } from './condition.ts';
import type { ObservedNode } from './observed-node.ts';
import type { Sample } from './series.ts';

interface ClusterMetricGuide {
  help: string;
  labelNames: readonly string[];
}

const node = ['cluster', 'node'] as const;

/** Metrics of clusters and nodes for Prometheus. */
export const CLUSTER_METRICS = {
  hathi_cluster_condition: {
    help: '1 for the status that a condition of the cluster has, 0 for the others.',
    labelNames: ['cluster', 'condition', 'status'],
  },
  hathi_cluster_last_verification_timestamp_seconds: {
    help: 'Time of the last verification, Unix seconds.',
    labelNames: ['cluster'],
  },
  hathi_cluster_last_verification_passed: {
    help: '1 if the last verification passed, otherwise 0.',
    labelNames: ['cluster'],
  },
  hathi_node_up: {
    help: '1 if the server is connected to the node, otherwise 0.',
    labelNames: node,
  },
  hathi_node_role: { help: '1 for the role that the node has.', labelNames: [...node, 'role'] },
  hathi_node_observed_timestamp_seconds: {
    help: 'Time of the newest facts of the node, Unix seconds.',
    labelNames: node,
  },
  hathi_node_replication_lag_bytes: {
    help: 'WAL that a replica has not replayed yet.',
    labelNames: node,
  },
  hathi_node_replication_lag_seconds: {
    help: 'Age of the newest replayed commit of a replica that lags.',
    labelNames: node,
  },
  hathi_node_slot_retained_bytes: {
    help: 'WAL that a replication slot of the node keeps.',
    labelNames: [...node, 'slot'],
  },
  hathi_node_connections: { help: 'Sessions of clients.', labelNames: node },
  hathi_node_connections_limit: { help: 'Value of max_connections.', labelNames: node },
  hathi_node_transaction_id_age: {
    help: 'Age of the oldest transaction id of the databases.',
    labelNames: node,
  },
  hathi_node_commits_total: {
    help: 'Committed transactions since the statistics were reset.',
    labelNames: node,
  },
  hathi_node_disk_size_bytes: { help: 'Size of the disk.', labelNames: [...node, 'disk'] },
  hathi_node_disk_free_bytes: { help: 'Free space of the disk.', labelNames: [...node, 'disk'] },
  hathi_node_memory_available_bytes: { help: 'Available memory.', labelNames: node },
  hathi_node_load: { help: 'Load average of one minute.', labelNames: node },
  hathi_node_certificate_expiry_timestamp_seconds: {
    help: 'End of the validity of the certificate, Unix seconds.',
    labelNames: [...node, 'service'],
  },
  hathi_node_etcd_healthy: {
    help: '1 if the etcd member is healthy, otherwise 0.',
    labelNames: node,
  },
} as const satisfies Record<string, ClusterMetricGuide>;
export type ClusterMetric = keyof typeof CLUSTER_METRICS;

export interface MetricSources {
  cluster: string;
  conditions: readonly Condition[];
  nodes: readonly ObservedNode[];
  roles: readonly { name: string; role: string | null }[];
  samples: ReadonlyMap<string, Sample>;
  report: { passed: boolean; created_at: string } | null;
}

type Labels = Record<string, string>;

/** Lines of the text format of Prometheus, by metric. An unknown value has no line. */
export function clusterMetrics(sources: MetricSources): Map<ClusterMetric, string[]> {
  const lines = new Map<ClusterMetric, string[]>();
  const { cluster, report } = sources;
  const add = (
    metric: ClusterMetric,
    labels: Labels,
    value: number | boolean | null | undefined,
  ): void => {
    if (value === null || value === undefined) return;
    const text = Object.entries(labels).map(([name, label]) => `${name}="${escaped(label)}"`);
    const line = `${metric}{${text.join(',')}} ${Number(value)}`;
    const known = lines.get(metric);
    if (known) known.push(line);
    else lines.set(metric, [line]);
  };
  for (const { type, status } of sources.conditions) {
    for (const one of CONDITION_STATUSES) {
      const labels = { cluster, condition: type, status: one };
      add('hathi_cluster_condition', labels, one === status);
    }
  }
  const verified = report && Date.parse(report.created_at) / 1_000;
  add('hathi_cluster_last_verification_timestamp_seconds', { cluster }, verified);
  add('hathi_cluster_last_verification_passed', { cluster }, report?.passed);
  for (const node of sources.nodes) {
    addNode(node, sources, (metric, labels, value) =>
      add(metric, { cluster, node: node.name, ...labels }, value),
    );
  }
  return lines;
}

function addNode(
  { name, reachable, observed_at: at, facts }: ObservedNode,
  { roles, samples }: MetricSources,
  add: (metric: ClusterMetric, labels: Labels, value: number | boolean | null | undefined) => void,
): void {
  add('hathi_node_up', {}, reachable);
  const role = roles.find((one) => one.name === name)?.role ?? null;
  if (role !== null) add('hathi_node_role', { role }, 1);
  add('hathi_node_observed_timestamp_seconds', {}, at === null ? null : Date.parse(at) / 1_000);
  // Old facts would be indistinguishable from current ones.
  if (facts === null || reachable !== true) return;
  const sample = samples.get(name);
  if (role === 'replica') {
    add('hathi_node_replication_lag_bytes', {}, sample?.lag_bytes);
    add('hathi_node_replication_lag_seconds', {}, sample?.lag_seconds);
  }
  const postgres = readable(facts.postgres);
  for (const slot of postgres?.slots ?? []) {
    add('hathi_node_slot_retained_bytes', { slot: slot.name }, slot.retained_bytes);
  }
  add('hathi_node_connections', {}, postgres?.sessions.total);
  add('hathi_node_connections_limit', {}, postgres?.max_connections);
  add('hathi_node_transaction_id_age', {}, postgres?.transaction_id_age);
  add('hathi_node_commits_total', {}, postgres?.commits);
  const machine = readable(facts.machine);
  for (const [disk, usage] of Object.entries(machine?.disks ?? {})) {
    if ('error' in usage) continue;
    add('hathi_node_disk_size_bytes', { disk }, usage.size_bytes);
    add('hathi_node_disk_free_bytes', { disk }, usage.free_bytes);
  }
  add('hathi_node_memory_available_bytes', {}, machine?.memory_available_bytes);
  add('hathi_node_load', {}, machine?.load);
  const etcd = readable(facts.etcd);
  add('hathi_node_etcd_healthy', {}, etcd?.healthy);
  for (const [service, part] of Object.entries({ patroni: readable(facts.patroni), etcd })) {
    const ends = part?.certificate_ends;
    const seconds = ends ? Date.parse(ends) / 1_000 : null;
    add('hathi_node_certificate_expiry_timestamp_seconds', { service }, seconds);
  }
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** The text of all clusters: the lines of a metric are one group, after its help and type. */
export function metricsText(clusters: Iterable<ReadonlyMap<ClusterMetric, string[]>>): string {
  const all = [...clusters];
  const groups = Object.entries(CLUSTER_METRICS).map(([name, { help }]) => {
    const lines = all.flatMap((one) => one.get(name as ClusterMetric) ?? []);
    const type = name.endsWith('_total') ? 'counter' : 'gauge';
    return lines.length === 0
      ? ''
      : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
  });
  return groups.join('');
}
