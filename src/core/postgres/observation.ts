/** Facts of one node, read with SQL at one moment. LSNs are text, e.g. `0/3000148`. */
export interface PostgresObservation {
  node: string;
  /** Address inside the cluster's network; walsenders identify their clients by this address. */
  address: string;
  /** A witness has no PostgreSQL and is not queried. */
  witness: boolean;
  /** Reason why the node could not be queried; null if the other members are filled. */
  unreachable: string | null;
  /** Duration of one empty query on an open connection. */
  round_trip_ms: number | null;
  in_recovery: boolean | null;
  /** From `pg_control_system()`. A text, because it has 64 bits. */
  system_identifier: string | null;
  /**
   * Timeline that is written or received; without a receiver, the timeline of the last checkpoint.
   */
  timeline: number | null;
  server_version: string | null;
  /** Filled for a node in recovery. */
  replica: ReplicaObservation | null;
  /** Filled for a node that accepts writes. */
  primary: PrimaryObservation | null;
}

export interface ReplicaObservation {
  received_lsn: string | null;
  replayed_lsn: string | null;
  /** `not paused`, `pause requested` or `paused`. */
  replay_pause_state: string;
  /** `streaming` and others; null without a walreceiver. */
  receiver_status: string | null;
  /** The slot that the walreceiver uses; null if it uses none. */
  slot_name: string | null;
  sender_host: string | null;
  /** Age of the last replayed commit. It is a lag only while there are bytes to replay. */
  replay_age_seconds: number | null;
}

export interface PrimaryObservation {
  current_lsn: string;
  senders: SenderObservation[];
  slots: SlotObservation[];
}

/** A row of `pg_stat_replication`. */
export interface SenderObservation {
  pid: number;
  /** Patroni sets it to the name of the node. */
  application_name: string;
  client_address: string | null;
  state: string | null;
  sync_state: string | null;
  sent_lsn: string | null;
  replayed_lsn: string | null;
}

/** A physical row of `pg_replication_slots`. */
export interface SlotObservation {
  name: string;
  active: boolean;
  /** Process of the walsender that holds the slot. */
  active_pid: number | null;
  restart_lsn: string | null;
  /** `reserved`, `extended`, `unreserved` or `lost`. */
  wal_status: string | null;
}
