import type { Role } from '../cluster/topology.ts';

/**
 * Why a node is not proven, and whether waiting could help: a replica that has just started may not
 * stream yet, while one that is paused stays paused until somebody resumes it.
 */
export const REASONS = {
  NODE_MISSING: { settles: false },
  NODE_UNREACHABLE: { settles: true },
  NO_PRIMARY: { settles: true },
  SECOND_PRIMARY: { settles: true },
  OTHER_SYSTEM_IDENTIFIER: { settles: false },
  OTHER_TIMELINE: { settles: true },
  NOT_STREAMING: { settles: true },
  NO_SLOT: { settles: true },
  SLOT_INACTIVE: { settles: true },
  REPLAY_PAUSED: { settles: false },
  MARKER_NOT_WRITTEN: { settles: true },
  MARKER_NOT_SEEN: { settles: true },
} as const satisfies Record<string, { settles: boolean }>;
export type ReasonCode = keyof typeof REASONS;

export interface Reason {
  code: ReasonCode;
  /** A sentence for a person. */
  message: string;
}

/** `no-postgresql` is a witness, of which nothing is asked. */
export const NODE_STATUSES = ['proven', 'failed', 'no-postgresql'] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];

/** One node of a report. LSNs are text, figures that could not be had are null. */
export interface NodeReport {
  node: string;
  role: Role | null;
  status: NodeStatus;
  reasons: Reason[];
  streaming: boolean | null;
  slot: { name: string; active: boolean } | null;
  system_identifier: string | null;
  timeline: number | null;
  replayed_lsn: string | null;
  lag_bytes: number | null;
  /** Only while there are bytes to replay; an idle cluster's replica is not behind. */
  lag_seconds: number | null;
  /** Of an empty query. */
  round_trip_ms: number | null;
  /** From the write on the primary being known to the row being read here. */
  marker_seen_after_ms: number | null;
}

/** What `verify-replication` stores and answers. */
export interface ReplicationReport {
  cluster: string;
  spec_revision: number;
  passed: boolean;
  primary: string | null;
  system_identifier: string | null;
  timeline: number | null;
  marker: { id: string; lsn: string | null; removed: boolean };
  nodes: NodeReport[];
  /** ISO 8601 in UTC. */
  observed_at: string;
  duration_ms: number;
}
