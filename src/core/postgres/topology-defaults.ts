import type { ClusterSpec } from '../cluster/cluster-spec.ts';
import { findSetting, type PostgresVersion } from './catalogue.ts';

/** Inputs of the defaults of a cluster. */
export interface ClusterSize {
  version: PostgresVersion;
  replicaCount: number;
  /** Memory that one node may use. On `local` nodes share a machine, so it is the node's share. */
  memoryBytes: number | null;
  /** Size of the file system of the data directory; on `local` the node's share. */
  diskBytes: number | null;
}

/** @param node capacity of one node of the cluster */
export function clusterSizeOf(
  spec: Pick<ClusterSpec, 'postgres_version' | 'replica_count'>,
  node: { memory_bytes: number | null; disk_bytes: number | null },
): ClusterSize {
  return {
    version: spec.postgres_version,
    replicaCount: spec.replica_count,
    memoryBytes: node.memory_bytes,
    diskBytes: node.disk_bytes,
  };
}

const MB = 1024 ** 2;
const GB = 1024 ** 3;

/** PostgreSQL's default, written explicitly because every node must have the same value. */
export const DEFAULT_MAX_CONNECTIONS = 100;

/** PostgreSQL's defaults of senders and slots. A later increase would restart every node. */
const DEFAULT_SENDERS = 10;

/**
 * In addition to the replicas: a second `pg_basebackup`, `pg_receivewal` or logical subscribers.
 */
const SPARE_SENDERS = 4;

/**
 * A replica that is cloned uses two senders and two slots at the same time: the base backup and its
 * WAL stream, with the temporary slot of that stream in addition to the member's slot. All replicas
 * can be cloned at the same time.
 */
export function sendersNeeded(replicaCount: number): number {
  return 2 * replicaCount;
}

/**
 * A replica retries after this time if its stream broke or if it started before its slot.
 * PostgreSQL's default is 5 s, which delayed every other start of a cluster.
 */
const STREAM_RETRY = '500ms';

/** Whole megabytes between two bounds, in PostgreSQL's spelling. */
function megabytes(bytes: number, lowestBytes: number, highestBytes: number): string {
  return `${Math.floor(Math.min(Math.max(bytes, lowestBytes), highestBytes) / MB)}MB`;
}

/**
 * - `shared_buffers`: a quarter of the memory, the usual value, because the kernel caches as well;
 *   at least PostgreSQL's default of 128MB if that is at most half of the memory; at most 32GB,
 *   because more buffers cost more than they gain
 * - `effective_cache_size`: three quarters; an estimate for the planner, which allocates nothing
 * - `maintenance_work_mem`: a sixteenth, because up to four run at the same time; PostgreSQL's
 *   default below 1GB
 * - `work_mem`: the remaining memory divided by a few sorts of each connection; at least the
 *   default of 4MB
 */
function memoryDefaults(memoryBytes: number): Record<string, string> {
  const leftBytes = memoryBytes * 0.75;
  return {
    shared_buffers: megabytes(memoryBytes / 4, Math.min(128 * MB, memoryBytes / 2), 32 * GB),
    effective_cache_size: megabytes(leftBytes, 64 * MB, 1024 * GB),
    maintenance_work_mem: megabytes(memoryBytes / 16, 64 * MB, 2 * GB),
    work_mem: megabytes(leftBytes / (3 * DEFAULT_MAX_CONNECTIONS), 4 * MB, 64 * MB),
  };
}

/**
 * - `max_slot_wal_keep_size`: a fifth; without a limit (Patroni sets none) the slot of a dead
 * replica fills the disk and stops the primary. A replica that falls further behind is cloned again
 * - `max_wal_size`: a twentieth, so that checkpoints are rare and WAL still fits small disks
 */
function diskDefaults(diskBytes: number): Record<string, string> {
  return {
    max_slot_wal_keep_size: megabytes(diskBytes / 5, 256 * MB, 512 * GB),
    max_wal_size: megabytes(diskBytes / 20, 128 * MB, 16 * GB),
  };
}

/**
 * Parameters derived from the size of a cluster. Values of the user take precedence.
 * @returns values in PostgreSQL's own spelling, e.g. `{ shared_buffers: '512MB' }`
 */
export function topologyDefaults(size: ClusterSize): Record<string, string> {
  const senders = Math.max(DEFAULT_SENDERS, sendersNeeded(size.replicaCount) + SPARE_SENDERS);
  const defaults: Record<string, string> = {
    max_connections: String(DEFAULT_MAX_CONNECTIONS),
    max_wal_senders: String(senders),
    max_replication_slots: String(senders),
    wal_retrieve_retry_interval: STREAM_RETRY,
    ...(size.memoryBytes === null ? {} : memoryDefaults(size.memoryBytes)),
    ...(size.diskBytes === null ? {} : diskDefaults(size.diskBytes)),
  };
  const known = Object.entries(defaults).filter(([name]) => findSetting(size.version, name));
  return Object.fromEntries(known);
}
