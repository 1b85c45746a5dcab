import type { Clock, IdSource } from '../ports/clock.ts';
import type { Wakeups } from '../ports/event-stream.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { ObservationUpdate, ObserverIdentity } from '../ports/observation-store.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { ClusterWatch, type ClusterWatchTools } from './cluster-watch.ts';
import { enqueueWebhooks } from './enqueue-webhooks.ts';
import { mergedTopology } from './merged-topology.ts';
import { needsVerification } from './verification-schedule.ts';

/** Between two evaluations of all clusters. */
const STEP_MILLISECONDS = 1_000;
/** Between two claims. */
const CLAIM_MILLISECONDS = 2_000;
const HISTORY_MILLISECONDS = 60_000;
/** The clusters of an observer without a renewal for this time can be taken by another one. */
const LEASE_SECONDS = 15;

export interface ObserverTools extends ClusterWatchTools {
  unitOfWork: UnitOfWork;
  wakeups: Pick<Wakeups, 'notify'>;
  clock: Clock;
  ids: IdSource;
  log: Log;
  metrics: Pick<Metrics, 'clusterObserved' | 'clusterReleased'>;
  /**
   * Enqueues a verification of the cluster.
   * @throws CLUSTER_BUSY if one is queued or running
   */
  verify(cluster: string): Promise<void>;
}

export interface Observer {
  /** Closes all sessions and frees the clusters. */
  stop(): Promise<void>;
}

/**
 * Observes the clusters of this server: sessions on their nodes, conditions, events, and automatic
 * verification. It changes nothing on a node.
 */
export function startObserver(tools: ObserverTools, identity: ObserverIdentity): Observer {
  const stopped = new AbortController();
  const watches = new Map<string, ClusterWatch>();
  const verifications = new Map<string, number>();
  let claimedAt = 0;
  let aggregatedAt = 0;

  const bound = [...tools.targets.values()]
    .filter((target) => target.isBoundToSite)
    .map((target) => target.name);

  const release = (id: string, watch: ClusterWatch): void => {
    watch.close();
    watches.delete(id);
    verifications.delete(id);
    tools.metrics.clusterReleased(id);
  };

  const claim = async (): Promise<void> => {
    const { observations, clusters } = tools.unitOfWork.direct;
    const ids = new Set(await observations.claim(identity, bound, LEASE_SECONDS));
    for (const [id, watch] of watches) {
      if (ids.has(id)) continue;
      release(id, watch);
    }
    const summaries = await clusters.summaries([...ids]);
    for (const summary of summaries) {
      const { id } = summary.cluster;
      const known = watches.get(id);
      const isDestroying = summary.operation?.kind === 'destroy-terraform';
      if (isDestroying) {
        // Its machines disappear on purpose.
        if (known !== undefined) release(id, known);
      } else if (known === undefined) {
        watches.set(id, new ClusterWatch(tools, summary, await observations.get(id)));
      } else {
        known.update(summary);
      }
    }
  };

  const evaluate = async (): Promise<void> => {
    const now = tools.clock.now();
    const updates = [...watches.values()].flatMap((watch): ObservationUpdate[] => {
      const update = watch.evaluate(now);
      if (update === null) return [];
      tools.metrics.clusterObserved(update.cluster_id, watch.metrics(update));
      return [update];
    });
    if (updates.length > 0) await save(updates);
    for (const watch of watches.values()) await verifyIfDue(watch, now);
  };

  const save = async (updates: readonly ObservationUpdate[]): Promise<void> => {
    let hasDeliveries = false;
    await tools.unitOfWork.transaction(async (stores) => {
      const { observations, clusters, samples, webhooks } = stores;
      const stored = await observations.save(identity, updates);
      hasDeliveries = await enqueueWebhooks({ webhooks }, tools.ids, stored);
      for (const update of updates) await samples.insert(update.cluster_id, update.samples);
      for (const { cluster_id: id, topology, events } of updates) {
        if (topology === null || !events.some(({ type }) => type === 'roles.changed')) continue;
        const { topology: stored } = await clusters.get(id);
        await clusters.update(id, { topology: mergedTopology(stored, topology) });
      }
    });
    if (updates.some(({ events }) => events.length > 0))
      await tools.wakeups.notify('cluster-events');
    if (hasDeliveries) await tools.wakeups.notify('webhooks');
  };

  const verifyIfDue = async (watch: ClusterWatch, now: Date): Promise<void> => {
    const { cluster, operation, report } = watch.summary;
    const last = verifications.get(cluster.id) ?? 0;
    const facts = {
      verified: watch.status('verified'),
      streaming: watch.status('replicas-streaming'),
      failoverReady: watch.status('failover-ready'),
      primary: watch.status('one-primary'),
      report,
      isChanging: operation !== null,
      last,
    };
    if (!needsVerification(facts, now)) return;
    verifications.set(cluster.id, now.getTime());
    await tools.verify(cluster.name).catch((error) => {
      tools.log.warn({ cluster: cluster.name, error: String(error) }, 'not verified');
    });
  };

  /** Makes averages once a minute, and removes old rows in small parts. */
  const keepHistory = async (): Promise<void> => {
    const now = tools.clock.now();
    if (now.getTime() - aggregatedAt < HISTORY_MILLISECONDS) return;
    const { samples } = tools.unitOfWork.direct;
    await samples.aggregate(now);
    const hasMore = await samples.prune(now);
    // With more to remove, the next step continues.
    if (!hasMore) aggregatedAt = now.getTime();
  };

  const loop = (async () => {
    while (!stopped.signal.aborted) {
      try {
        if (Date.now() - claimedAt >= CLAIM_MILLISECONDS) {
          claimedAt = Date.now();
          await claim();
        }
        await evaluate();
        await keepHistory();
      } catch (error) {
        tools.log.warn({ error: String(error) }, 'clusters could not be observed; retrying');
      }
      await tools.clock.sleep(STEP_MILLISECONDS, stopped.signal).catch(() => {});
    }
  })();

  return {
    async stop() {
      stopped.abort();
      await loop;
      for (const watch of watches.values()) watch.close();
      tools.sessions.close();
      await tools.unitOfWork.direct.observations.release(identity).catch(() => {});
    },
  };
}
