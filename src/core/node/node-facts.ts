// Longer than other files: the complete format of a line of the node stream.
import { z } from 'zod';
import { instantSchema } from '../instant.ts';

/**
 * Format of the line that `node/hathi_node/session` writes. A change that old servers cannot read
 * increments it.
 */
export const NODE_FACTS_VERSION = 1;

/** A part of the node that could not be read. */
const failure = z.object({ error: z.string().describe('Why the part could not be read.') });
const bytes = z.number().nullable();

const diskSchema = z.union([
  z.object({
    size_bytes: z.number(),
    free_bytes: z.number(),
    free_inodes_ratio: z.number().nullable().describe('0 to 1; null without a fixed number.'),
  }),
  failure,
]);

const machineFactsSchema = z.object({
  boot_id: z.string(),
  load: z.number().describe('Average of the last minute.'),
  cores: z.int().nullable(),
  memory_bytes: bytes,
  memory_available_bytes: bytes,
  disks: z.record(z.string(), diskSchema).describe('`data` is the data directory, or `/`.'),
});

const senderSchema = z.object({
  pid: z.int(),
  application_name: z.string(),
  client_address: z.string().nullable(),
  state: z.string().nullable(),
  sync_state: z.string().nullable(),
  sent_lsn: z.string().nullable(),
  replayed_lsn: z.string().nullable(),
  replay_lag_seconds: z.number().nullable(),
});

const slotSchema = z.object({
  name: z.string(),
  active: z.boolean(),
  active_pid: z.int().nullable(),
  restart_lsn: z.string().nullable(),
  wal_status: z
    .string()
    .nullable()
    .describe('`reserved`, `extended`, `unreserved` or `lost`; null before its first use.'),
  retained_bytes: bytes.describe('WAL that the slot keeps; null on a replica.'),
});

const postgresFactsSchema = z.object({
  in_recovery: z.boolean(),
  system_identifier: z.string(),
  server_version: z.string(),
  started_at: z.string(),
  timeline: z.int().nullable(),
  promotion: z
    .object({
      at: instantSchema,
      previous_timeline: z.int(),
      switch_lsn: z.string().describe('Last position that both timelines have in common.'),
    })
    .nullable()
    .describe('Start of the timeline of a primary; null on the first timeline, and on a replica.'),
  current_lsn: z.string().nullable(),
  replica: z
    .object({
      received_lsn: z.string().nullable(),
      replayed_lsn: z.string().nullable(),
      replay_pause_state: z.string(),
      receiver_status: z.string().nullable(),
      slot_name: z.string().nullable(),
      sender_host: z.string().nullable(),
      replay_age_seconds: z.number().nullable(),
    })
    .nullable(),
  senders: z.array(senderSchema),
  slots: z.array(slotSchema).describe('Physical replication slots.'),
  sessions: z.object({
    total: z.int(),
    active: z.int(),
    idle_in_transaction: z.int(),
    oldest_transaction_seconds: z.number(),
  }),
  max_connections: z.int(),
  transaction_id_age: z.int().describe('Largest `age(datfrozenxid)` of the databases.'),
  commits: z.number().describe('Sum of `xact_commit` of the databases.'),
  checksum_failures: z.int(),
  archiver: z
    .object({
      archived: z.number(),
      failed: z.number(),
      last_archived_at: z.string().nullable(),
      last_failed_at: z.string().nullable(),
    })
    .nullable()
    .describe('null if archiving is off.'),
  pending_restart: z.array(z.string()).describe('Parameters whose value waits for a restart.'),
});

const patroniFactsSchema = z.object({
  state: z.string().nullable(),
  role: z.string().nullable(),
  timeline: z.int().nullable().optional(),
  version: z.string().nullable(),
  paused: z.boolean().describe('Whether automatic failover is off.'),
  pending_restart: z.boolean(),
  dcs_last_seen: z.int().nullable().describe('Unix seconds of the last contact with etcd.'),
  sync_standby: z.boolean(),
  settings: z
    .object({
      ttl: z.number().nullable(),
      loop_wait: z.number().nullable(),
      retry_timeout: z.number().nullable(),
      maximum_lag_on_failover: z.number().nullable(),
      primary_start_timeout: z.number().nullable(),
      pause: z.boolean().nullable(),
      failsafe_mode: z.boolean().nullable(),
      synchronous_mode: z.unknown(),
    })
    .nullable(),
  certificate_ends: z.string().nullable(),
});

const etcdFactsSchema = z.object({
  healthy: z.boolean().describe('Whether a read through the quorum succeeded.'),
  error: z.string().nullable(),
  members: z.array(z.string()).nullable().describe('Names of the voting members.'),
  certificate_ends: z.string().nullable(),
});

const optionalPart = <Part extends z.ZodType>(part: Part) => z.union([part, failure]).nullable();

/** Facts of one node at one moment. null: the node does not have the part. */
export const nodeFactsSchema = z
  .object({
    // Not a literal: generated Java does not compile with an enumeration of numbers.
    version: z.int().min(NODE_FACTS_VERSION).max(NODE_FACTS_VERSION),
    at: instantSchema.describe('Start of the round by the clock of the node.'),
    clock: z.number().describe('Unix seconds by the clock of the node at the end of the round.'),
    duration_ms: z.number(),
    machine: z.union([machineFactsSchema, failure]),
    // Not the record alone: generated Java does not compile with a map in a union.
    units: z.union([
      z.object({ states: z.record(z.string(), z.string()).describe('By the name of the unit.') }),
      failure,
    ]),
    postgres: optionalPart(postgresFactsSchema),
    patroni: optionalPart(patroniFactsSchema),
    etcd: optionalPart(etcdFactsSchema),
  })
  .meta({ id: 'NodeFacts', description: 'Facts of a node as it reported them.' });
export type NodeFacts = z.infer<typeof nodeFactsSchema>;

/** The part; null if the node does not have it or could not read it. */
export function readable<Part extends object>(part: Part | { error: string } | null): Part | null {
  // etcd has an error besides its other facts.
  if (part === null || (Object.keys(part).length === 1 && 'error' in part)) return null;
  return part as Part;
}

/** Why the part could not be read; null if it was read. */
export function unreadable(part: object | null): string | null {
  if (part === null || Object.keys(part).length !== 1 || !('error' in part)) return null;
  return String(part.error);
}
