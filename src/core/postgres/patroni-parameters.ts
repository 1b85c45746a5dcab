/**
 * Parameters that must be the same on every node. Patroni keeps them in etcd (`dynamic`), starts
 * PostgreSQL with them on its command line, and ignores them in a node's own file. `hot_standby`,
 * `wal_log_hints`, `cluster_name`, `listen_addresses` and `port` also belong here, but users cannot
 * set them.
 * @see Patroni docs, "Important rules" of "Patroni configuration"
 */
const DYNAMIC_PARAMETERS = new Set([
  'max_connections',
  'max_locks_per_transaction',
  'max_worker_processes',
  'max_prepared_transactions',
  'wal_level',
  'track_commit_timestamp',
  'max_wal_senders',
  'max_replication_slots',
  'wal_keep_size',
]);

/** `dynamic` is stored in etcd for the whole cluster, `local` in the file of each node. */
export type ParameterScope = 'dynamic' | 'local';

export function scopeOf(name: string): ParameterScope {
  return DYNAMIC_PARAMETERS.has(name) ? 'dynamic' : 'local';
}

/**
 * Minimum values in the base unit of the parameter. For a lower value, Patroni uses its default and
 * only logs a line (`max_connections` 10 became 100).
 * @see Patroni, `CMDLINE_OPTIONS` in `patroni/postgresql/config.py` (the same in 3.0 and 4.0), and
 *   for `maintenance_work_mem`, for which PostgreSQL 17 allows a lower value, its list of known
 *   parameters
 */
export const PATRONI_MINIMUMS: Readonly<Record<string, number>> = {
  max_connections: 25,
  max_wal_senders: 3,
  max_replication_slots: 4,
  max_locks_per_transaction: 32,
  max_worker_processes: 2,
  wal_keep_size: 16,
  maintenance_work_mem: 1024,
};
