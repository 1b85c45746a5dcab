import type { ClusterStatus } from '../../core/cluster/cluster-status.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import { clusterDocument } from '../clusters/cluster-documents.ts';

/** Metrics for Prometheus. */
export interface MetricsService
  extends Omit<
    Metrics,
    'operationEnded' | 'stageEnded' | 'clusterObserved' | 'clusterReleased' | 'expose'
  > {
  /**
   * All metrics as text, with current numbers of clusters and operations. @throws
   * DATABASE_UNAVAILABLE
   */
  expose(): Promise<string>;
}

/** Number of clusters in one read. */
const PART = 500;

export function createMetricsService(
  unitOfWork: UnitOfWork,
  metrics: Metrics,
  clock: Pick<Clock, 'now'>,
): MetricsService {
  const countClusters = async (): Promise<Map<ClusterStatus, number>> => {
    const counts = new Map<ClusterStatus, number>();
    for (let after: string | undefined; ; ) {
      const part = await unitOfWork.direct.clusters.list({ after, limit: PART });
      for (const { status } of part.map((one) => clusterDocument(one, clock.now()))) {
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
      if (part.length < PART) return counts;
      after = part.at(-1)?.cluster.name;
    }
  };
  return {
    contentType: metrics.contentType,
    requestEnded: (request) => metrics.requestEnded(request),
    streamOpened: () => metrics.streamOpened(),
    streamClosed: () => metrics.streamClosed(),
    expose: async () =>
      await metrics.expose({
        clusters: await countClusters(),
        operations: await unitOfWork.direct.operations.countUnfinished(),
      }),
  };
}
