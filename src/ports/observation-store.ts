import type { Topology } from '../core/cluster/topology.ts';
import type { ClusterEvent, NewClusterEvent } from '../core/observation/cluster-event.ts';
import type { Condition } from '../core/observation/condition.ts';
import type { Failover } from '../core/observation/failover.ts';
import type { ObservedNode } from '../core/observation/observed-node.ts';
import type { Sample } from '../core/observation/series.ts';
import type { Page } from './page.ts';

/** The last observed primary and its timeline. */
export interface PrimaryState {
  node: string;
  timeline: number | null;
}

/** The newest observation of a cluster. */
export interface ObservationRecord {
  cluster_id: string;
  topology: Topology | null;
  primary_state: PrimaryState | null;
  roles_changed_at: string | null;
  conditions: Condition[];
  nodes: ObservedNode[];
  observed_at: string | null;
}

/** The part of an observation that belongs to the document of a cluster. */
export type ObservationSummary = Pick<
  ObservationRecord,
  'topology' | 'conditions' | 'roles_changed_at' | 'observed_at'
>;

/** A server that observes clusters. */
export interface ObserverIdentity {
  id: string;
  site: string;
}

/** The report of a failover before it is stored. */
export type NewFailover = Omit<Failover, 'id' | 'cluster'>;

export interface ObservationUpdate extends ObservationRecord {
  events: readonly NewClusterEvent[];
  failovers: readonly NewFailover[];
  samples: readonly Sample[];
}

export interface ObservationStore {
  /**
   * Renews the lease of the observer, and takes clusters that no live observer holds. A cluster
   * whose target is bound to a site is taken only by an observer of that site.
   * @param boundTargets names of the targets that are bound to a site
   * @returns ids of all clusters that the observer holds; each has nodes with PostgreSQL
   */
  claim(
    observer: ObserverIdentity,
    boundTargets: readonly string[],
    seconds: number,
  ): Promise<string[]>;
  /**
   * Releases the clusters of all observers of a site. Safe only under the lock on its data
   * directory.
   */
  releaseSite(site: string): Promise<void>;
  /** Releases the clusters of the observer. */
  release(observer: ObserverIdentity): Promise<void>;
  /**
   * Writes the updates of clusters that the observer still holds; the others are left out.
   * @returns the events that were stored
   */
  save(observer: ObserverIdentity, updates: readonly ObservationUpdate[]): Promise<ClusterEvent[]>;
  /** Newest first; `after` is an id. */
  failovers(clusterId: string, page: Page): Promise<Failover[]>;
  /** null before the first observation. */
  get(clusterId: string): Promise<ObservationRecord | null>;
  /** Events after `sequence`, in order. @param clusterId null for all clusters */
  eventsAfter(clusterId: string | null, sequence: number, limit: number): Promise<ClusterEvent[]>;
  /** Sequence of the newest event; 0 if there is none. */
  newestEvent(clusterId: string | null): Promise<number>;
}
