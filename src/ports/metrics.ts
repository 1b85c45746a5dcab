import type { ClusterStatus } from '../core/cluster/cluster-status.ts';
import type { ClusterMetric } from '../core/observation/cluster-metrics.ts';
import type { OperationState, StageState } from '../core/operation/operation-state.ts';
import type { OperationKind } from '../core/procedures/procedures.ts';

/** Counters and durations since the start of the server. */
export interface Metrics {
  operationEnded(kind: OperationKind, outcome: OperationState): void;
  stageEnded(stage: string, outcome: StageState, seconds: number): void;
  /** @param route the pattern, never the path, because a path contains names */
  requestEnded(request: { method: string; route: string; status: number; seconds: number }): void;
  streamOpened(): void;
  streamClosed(): void;
  /** Replaces the metrics of a cluster. @param lines in the format of `contentType`, by metric */
  clusterObserved(clusterId: string, lines: ReadonlyMap<ClusterMetric, string[]>): void;
  /** The cluster is no longer observed by this server. */
  clusterReleased(clusterId: string): void;
  /** All metrics with their current values, in the format of `contentType`. */
  expose(now: MetricsNow): Promise<string>;
  readonly contentType: string;
}

/**
 * Values that are read when metrics are exposed, because only the database has them for all
 * servers.
 */
export interface MetricsNow {
  clusters: ReadonlyMap<ClusterStatus, number>;
  operations: readonly { kind: OperationKind; state: OperationState; count: number }[];
}
