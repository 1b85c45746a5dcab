import { z } from 'zod';
import { roleSchema } from '../cluster/topology.ts';
import { instantSchema } from '../instant.ts';
import { CONDITION_STATUSES } from '../observation/condition.ts';

/**
 * Reasons why a node is not verified, and whether waiting can help. A replica that has just started
 * may not stream yet, but a paused replica stays paused until a person resumes it.
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

export const reasonSchema = z.object({
  code: z.enum(Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]]),
  message: z.string().describe('Reason as a sentence.'),
});
export type Reason = z.infer<typeof reasonSchema>;

/** `no-postgresql` is a witness. */
export const NODE_STATUSES = ['proven', 'failed', 'no-postgresql'] as const;

/** Verification of one node. A figure that was not observed is null. */
export const nodeReportSchema = z
  .object({
    node: z.string(),
    role: roleSchema.nullable(),
    status: z.enum(NODE_STATUSES).describe('`no-postgresql`: the node is a witness.'),
    reasons: z.array(reasonSchema).describe('Reasons of `failed`.'),
    streaming: z.boolean().nullable(),
    slot: z.object({ name: z.string(), active: z.boolean() }).nullable(),
    system_identifier: z.string().nullable(),
    timeline: z.int().nullable(),
    replayed_lsn: z.string().nullable(),
    lag_bytes: z.number().nullable(),
    lag_seconds: z
      .number()
      .nullable()
      .describe('null while there are no bytes to replay: an idle replica does not lag.'),
    round_trip_ms: z.number().nullable().describe('Duration of an empty query.'),
    marker_seen_after_ms: z
      .number()
      .nullable()
      .describe('From the commit on the primary to the read on this node.'),
  })
  .meta({ id: 'NodeReport' });
export type NodeReport = z.infer<typeof nodeReportSchema>;

/** Result of `verify-replication`. */
export const replicationReportSchema = z
  .object({
    cluster: z.string(),
    spec_revision: z.int(),
    passed: z.boolean(),
    primary: z.string().nullable(),
    system_identifier: z.string().nullable(),
    timeline: z.int().nullable(),
    marker: z
      .object({ id: z.string(), lsn: z.string().nullable(), removed: z.boolean() })
      .describe('The row that was written on the primary and read on each replica.'),
    nodes: z.array(nodeReportSchema),
    failover: z
      .object({
        status: z.enum(CONDITION_STATUSES),
        reason: z.string(),
        message: z.string(),
      })
      .nullable()
      .describe(
        'The condition `failover-ready` at the time of the verification; null in reports of versions that did not verify it.',
      ),
    observed_at: instantSchema,
    duration_ms: z.number(),
  })
  .meta({
    id: 'ReplicationReport',
    description: 'Result of a verification of replication, for each node.',
  });
export type ReplicationReport = z.infer<typeof replicationReportSchema>;

/** A stored report. */
export const reportSchema = z.object({
  id: z.string(),
  cluster_id: z.string(),
  operation_id: z.string(),
  passed: z.boolean(),
  created_at: instantSchema,
  document: replicationReportSchema,
});
export type Report = z.infer<typeof reportSchema>;
