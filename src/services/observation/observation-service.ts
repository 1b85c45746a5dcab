import { clusterNotFound } from '../../core/cluster/cluster-errors.ts';
import { invalidFields } from '../../core/field-errors.ts';
import type { ClusterEvent } from '../../core/observation/cluster-event.ts';
import type { Failover } from '../../core/observation/failover.ts';
import {
  MINUTES_KEPT_SECONDS,
  resolutionOf,
  SERIES,
  type Series,
  type SeriesName,
} from '../../core/observation/series.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterRecord } from '../../ports/stores.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import type { Cursors } from '../lists/cursors.ts';
import type { PageOf, PageRequest } from '../lists/page.ts';
import { ClusterEventStream, type FollowTools } from './follow-cluster-events.ts';

/** Use cases of observations. A method with the name of a cluster can throw CLUSTER_NOT_FOUND. */
export interface ObservationService {
  /** Newest first. @throws INVALID_CURSOR */
  failovers(cluster: string, page: PageRequest): Promise<PageOf<Failover>>;
  /**
   * @param range `to` defaults to now, `from` to one hour before `to`
   * @throws INVALID_REQUEST for a range that is empty or longer than 30 days
   */
  series(
    cluster: string,
    metric: SeriesName,
    range: { from?: Date | undefined; to?: Date | undefined },
  ): Promise<Series>;
  /** Events of a cluster, or of all clusters for null: stored ones, then each new one. */
  follow(cluster: string | null, options: EventOptions): Promise<AsyncIterable<ClusterEvent>>;
}

export interface EventOptions {
  /** Sequence of the last event that the caller has; null for only new events. */
  after: number | null;
  /** Whether new events follow the stored ones. */
  isEndless: boolean;
  signal: AbortSignal;
}

export interface ObservationServiceTools extends FollowTools {
  unitOfWork: UnitOfWork;
  cursors: Cursors;
  clock: Clock;
}

const DEFAULT_RANGE_SECONDS = 3_600;

export function createObservationService(tools: ObservationServiceTools): ObservationService {
  const { unitOfWork, cursors, clock } = tools;
  const { clusters, observations, samples } = unitOfWork.direct;
  const events = new ClusterEventStream(tools);

  const find = async (name: string): Promise<ClusterRecord> => {
    const cluster = await unitOfWork.direct.clusters.find(name);
    if (!cluster) throw clusterNotFound(name, await clusters.names());
    return cluster;
  };

  return {
    async failovers(name, request) {
      const cluster = await find(name);
      const list = `failovers ${cluster.id}`;
      const page = cursors.open(request, list);
      const found = await observations.failovers(cluster.id, page);
      return cursors.cut(found, page, list, ({ id }) => id);
    },
    async series(name, metric, range) {
      const cluster = await find(name);
      const to = range.to ?? clock.now();
      const from = range.from ?? new Date(to.getTime() - DEFAULT_RANGE_SECONDS * 1_000);
      const seconds = (to.getTime() - from.getTime()) / 1_000;
      if (seconds <= 0 || seconds > MINUTES_KEPT_SECONDS) {
        const message = 'must be before `to`, by at most 30 days';
        throw invalidFields([{ path: '/from', message, expected: 'an earlier time than `to`' }]);
      }
      const resolution = resolutionOf(from, to);
      const query = { clusterId: cluster.id, metric, from, to, resolutionSeconds: resolution };
      return {
        cluster: name,
        metric,
        unit: SERIES[metric].unit,
        from: from.toISOString(),
        to: to.toISOString(),
        resolution_seconds: resolution,
        nodes: await samples.series(query),
      };
    },
    async follow(name, { after, isEndless, signal }) {
      const cluster = name === null ? null : await find(name);
      const start = after ?? (await observations.newestEvent(null));
      const followed = cluster && { id: cluster.id, name: cluster.name };
      return events.follow(followed, { after: start, isEndless, signal });
    },
  };
}
