import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { CLUSTER_STATUSES } from '../../core/cluster/cluster-status.ts';
import { type ClusterMetric, metricsText } from '../../core/observation/cluster-metrics.ts';
import type { Metrics } from '../../ports/metrics.ts';

/** All metrics of Hathi, in addition to the default metrics of a Node.js process. */
export const METRICS = {
  build: {
    name: 'hathi_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
  },
  clusters: {
    name: 'hathi_clusters',
    help: 'Clusters that are not destroyed, by status.',
    labelNames: ['status'],
  },
  unfinished: {
    name: 'hathi_operations_unfinished',
    help: 'Operations that hold their cluster, by kind and state.',
    labelNames: ['kind', 'state'],
  },
  operations: {
    name: 'hathi_operations_total',
    help: 'Operations that ended since the server started.',
    labelNames: ['kind', 'outcome'],
  },
  stages: {
    name: 'hathi_stage_duration_seconds',
    help: 'How long stages took, by how they ended.',
    labelNames: ['stage', 'outcome'],
    // From a plan on a fast machine to an operation on a large cluster on a slow machine.
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800],
  },
  requests: {
    name: 'hathi_http_request_duration_seconds',
    help: 'How long requests took until they were answered; streams are counted at their end.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
  },
  streams: {
    name: 'hathi_event_streams',
    help: 'Event streams that are open.',
    labelNames: [],
  },
} as const;

/** @param version of Hathi, shown as `hathi_build_info` */
export function createPrometheusMetrics(version: string): Metrics {
  const registry = new Registry();
  const observed = new Map<string, ReadonlyMap<ClusterMetric, string[]>>();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (of: 'build' | 'clusters' | 'unfinished' | 'streams') =>
    new Gauge({ ...METRICS[of], labelNames: [...METRICS[of].labelNames], registers });
  const histogram = (of: 'stages' | 'requests') =>
    new Histogram({
      ...METRICS[of],
      labelNames: [...METRICS[of].labelNames],
      buckets: [...METRICS[of].buckets],
      registers,
    });
  gauge('build').set({ version }, 1);
  const clusters = gauge('clusters');
  const unfinished = gauge('unfinished');
  const streams = gauge('streams');
  const operations = new Counter({
    ...METRICS.operations,
    labelNames: [...METRICS.operations.labelNames],
    registers,
  });
  const stages = histogram('stages');
  const requests = histogram('requests');
  return {
    contentType: registry.contentType,
    operationEnded: (kind, outcome) => operations.inc({ kind, outcome }),
    stageEnded: (stage, outcome, seconds) => stages.observe({ stage, outcome }, seconds),
    requestEnded: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    clusterObserved: (id, lines) => void observed.set(id, lines),
    clusterReleased: (id) => void observed.delete(id),
    streamOpened: () => streams.inc(),
    streamClosed: () => streams.dec(),
    async expose(now) {
      for (const status of CLUSTER_STATUSES) {
        clusters.set({ status }, now.clusters.get(status) ?? 0);
      }
      unfinished.reset();
      for (const { kind, state, count } of now.operations) unfinished.set({ kind, state }, count);
      return `${await registry.metrics()}${metricsText(observed.values())}`;
    },
  };
}
