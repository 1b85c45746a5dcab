import type { ClusterNode } from '../core/cluster/topology.ts';
import type { PostgresObservation } from '../core/postgres/observation.ts';
import type { NodeSettings } from '../core/postgres/settings-verdict.ts';

/** Credentials of a client, and the CA that identifies the nodes. */
export interface ProbeCredentials {
  /** PEM of the cluster's CA; every server certificate must chain to it and name its node. */
  caCertificate: string;
  /** Password of the superuser `postgres`. */
  password: string;
  /**
   * Absolute path of the ssh configuration that names the nodes: PostgreSQL is then reached through
   * the node's sshd, at the node's own address. null: at `postgres_host`.
   */
  sshConfig: string | null;
}

/** Result of a marker on one node; `reason` is null if it succeeded. */
export interface MarkerWritten {
  /** LSN after the commit of the marker, e.g. `0/3000148`; null if it was not written. */
  lsn: string | null;
  reason: string | null;
}

export interface MarkerRead {
  node: string;
  seen: boolean;
  /** Replay position of the node at the last read. */
  replayed_lsn: string | null;
  /** Time from the first read to the read that returned the marker. */
  seen_after_ms: number | null;
  /** Reason why the marker was not read: an error or a timeout. */
  reason: string | null;
}

/**
 * Connections to the nodes of one cluster, opened on first use and kept between calls. Every call
 * is bounded in time. A failure on a node becomes a reason in the result: no call throws.
 */
export interface ProbeSession {
  /**
   * One observation for each node, in the order of the nodes. All nodes are queried in parallel.
   */
  observe(): Promise<PostgresObservation[]>;
  /**
   * Writes a marker row on that node, in the database `hathi`. Creates the database if it is
   * missing.
   */
  writeMarker(node: string, marker: string): Promise<MarkerWritten>;
  /**
   * Queries that node until it has the row of the marker and its replay is past `lsn`.
   * @param withinMilliseconds timeout
   */
  readMarker(
    node: string,
    marker: string,
    lsn: string,
    withinMilliseconds: number,
  ): Promise<MarkerRead>;
  /** @returns the reason why the row could not be removed, or null */
  removeMarker(node: string, marker: string): Promise<string | null>;
  /**
   * Settings of each node with PostgreSQL: those that differ from their defaults, and the named
   * ones.
   */
  settings(names: readonly string[]): Promise<NodeSettings[]>;
  close(): Promise<void>;
}

/** Queries nodes with SQL over the network, like a client. */
export interface Probe {
  open(nodes: readonly ClusterNode[], credentials: ProbeCredentials): ProbeSession;
}
