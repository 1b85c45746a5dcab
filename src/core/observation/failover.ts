import { z } from 'zod';
import { instantSchema } from '../instant.ts';
import { replicationLagBytes } from '../postgres/lsn.ts';

/**
 * Reason of a promotion. `machine-down`: Hathi released the lease of a machine that was proven
 * down.
 */
export const FAILOVER_TRIGGERS = ['machine-down', 'patroni'] as const;

/** A change of the primary, with the observed times. */
export const failoverSchema = z
  .object({
    id: z.string(),
    cluster: z.string(),
    trigger: z
      .enum(FAILOVER_TRIGGERS)
      .describe(
        '`machine-down`: Hathi released the lease. `patroni`: Patroni acted without it, also in a switchover.',
      ),
    previous_primary: z.string(),
    primary: z.string(),
    previous_timeline: z.int().nullable(),
    timeline: z.int().nullable(),
    lost_at: instantSchema
      .nullable()
      .describe('Loss of the connection to the previous primary; null if it stayed connected.'),
    proven_down_at: instantSchema
      .nullable()
      .describe('When the target proved that its machine is down; null without a proof.'),
    released_at: instantSchema.nullable().describe('Revocation of its lease; null without one.'),
    promoted_at: instantSchema
      .nullable()
      .describe('Start of the new timeline by the clock of the new primary, in whole seconds.'),
    observed_at: instantSchema.describe('First time at which the new primary accepted writes.'),
    interruption_seconds: z
      .number()
      .nullable()
      .describe('From `lost_at` to `observed_at`; null if the loss was not observed.'),
    switch_lsn: z.string().nullable().describe('Last position that both timelines have in common.'),
    last_lsn: z
      .object({ lsn: z.string(), observed_at: instantSchema })
      .nullable()
      .describe('Newest observed position of the previous primary.'),
    lost_bytes_at_least: z
      .number()
      .nullable()
      .describe(
        'WAL of the previous primary after `switch_lsn` that was observed, so a lower limit; null if it is not known.',
      ),
  })
  .meta({ id: 'Failover', description: 'Report of a change of the primary.' });
export type Failover = z.infer<typeof failoverSchema>;

/** Steps of an early release of the lease. */
export interface LeaseRelease {
  node: string;
  proven_down_at: string;
  released_at: string;
}

/** Seconds between two times, at least 0; null if one is unknown. */
export function secondsBetween(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null;
  return Math.max(0, Math.round(Date.parse(to) - Date.parse(from)) / 1_000);
}

export function lostBytes(switchLsn: string | null, lastLsn: string | null): number | null {
  return switchLsn === null || lastLsn === null ? null : replicationLagBytes(lastLsn, switchLsn);
}
