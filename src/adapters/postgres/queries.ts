/**
 * Returns the state of a node in one row. CASE avoids calls to functions that fail in the current
 * state. The timeline of a running primary comes from the name of its WAL file, because the control
 * file gets a new timeline only at the next checkpoint.
 */
export const OBSERVE_NODE = `
SELECT pg_is_in_recovery() AS in_recovery,
       (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       current_setting('server_version') AS server_version,
       CASE WHEN pg_is_in_recovery()
            THEN coalesce((SELECT received_tli FROM pg_stat_wal_receiver),
                          (SELECT timeline_id FROM pg_control_checkpoint()))::text
       END AS replica_timeline,
       CASE WHEN NOT pg_is_in_recovery()
            THEN substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
       END AS primary_timeline_hex,
       CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn()::text END AS current_lsn,
       pg_last_wal_receive_lsn()::text AS received_lsn,
       pg_last_wal_replay_lsn()::text AS replayed_lsn,
       CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() END AS replay_pause_state,
       CASE WHEN pg_is_in_recovery()
            THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8
       END AS replay_age_seconds,
       receiver.status AS receiver_status,
       nullif(receiver.slot_name, '') AS slot_name,
       receiver.sender_host
  FROM (SELECT) AS one LEFT JOIN pg_stat_wal_receiver AS receiver ON true`;

/** Returns the walsenders and physical slots of a primary, in one row. */
export const OBSERVE_PRIMARY = `
SELECT (SELECT coalesce(json_agg(json_build_object(
                 'pid', pid, 'application_name', application_name,
                 'client_address', host(client_addr), 'state', state, 'sync_state', sync_state,
                 'sent_lsn', sent_lsn::text, 'replayed_lsn', replay_lsn::text)), '[]')
          FROM pg_stat_replication) AS senders,
       (SELECT coalesce(json_agg(json_build_object(
                 'name', slot_name, 'active', active, 'active_pid', active_pid,
                 'restart_lsn', restart_lsn::text, 'wal_status', wal_status)), '[]')
          FROM pg_replication_slots WHERE slot_type = 'physical') AS slots`;

/**
 * Returns the running values, and the values in the configuration files of the node. In the files,
 * the last entry counts. A name that exists only in a file belongs to an extension. Names are
 * compared in lower case, as in PostgreSQL.
 */
export const OBSERVE_SETTINGS = `
WITH file AS (
  SELECT DISTINCT ON (lower(name)) name, setting, error
    FROM pg_file_settings
   WHERE name IS NOT NULL
   ORDER BY lower(name), seqno DESC)
SELECT coalesce(running.name, file.name) AS name,
       coalesce(running.setting, current_setting(file.name, true), '') AS setting,
       running.unit,
       coalesce(running.source, 'configuration file') AS source,
       running.boot_val,
       coalesce(running.pending_restart, false) AS pending_restart,
       file.setting AS file_setting,
       file.error AS file_error
  FROM pg_settings AS running FULL JOIN file ON lower(file.name) = lower(running.name)
 WHERE running.source <> 'default' OR running.pending_restart
    OR lower(coalesce(running.name, file.name)) = ANY ($1::text[])
 ORDER BY 1`;

/** Database of the markers. It never contains data of a user. */
export const MARKER_DATABASE = 'hathi';

/** template0 has no sessions that could block the command. wal_log avoids the two checkpoints. */
export const CREATE_MARKER_DATABASE = `CREATE DATABASE ${MARKER_DATABASE} TEMPLATE template0 STRATEGY wal_log`;

export const CREATE_MARKER_TABLE = `
CREATE TABLE IF NOT EXISTS replication_marker (
  marker uuid PRIMARY KEY,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`;

/** Removes the rows of verifications that ended before they could remove their own. */
export const REMOVE_OLD_MARKERS = `DELETE FROM replication_marker WHERE written_at < now() - interval '1 hour'`;

export const WRITE_MARKER = 'INSERT INTO replication_marker (marker) VALUES ($1)';
export const WRITTEN_LSN = 'SELECT pg_current_wal_lsn()::text AS lsn';
export const REMOVE_MARKER = 'DELETE FROM replication_marker WHERE marker = $1';

/**
 * Runs first, because the query is cheap. The database of the markers may not exist until it
 * returns true.
 */
export const REPLAYED = `
SELECT pg_last_wal_replay_lsn()::text AS replayed_lsn,
       coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) AS past`;

export const READ_MARKER = `
SELECT EXISTS (SELECT FROM replication_marker WHERE marker = $1) AS seen,
       pg_is_in_recovery() AS in_recovery,
       pg_last_wal_replay_lsn()::text AS replayed_lsn,
       coalesce(pg_last_wal_replay_lsn() >= $2::pg_lsn, false) AS past`;
