import { readable } from '../core/node/node-facts.ts';
import { type LeaseRelease, lostBytes, secondsBetween } from '../core/observation/failover.ts';
import type { ObservedNode } from '../core/observation/observed-node.ts';
import type { NewFailover, PrimaryState } from '../ports/observation-store.ts';

export interface FailoverSources {
  before: PrimaryState;
  after: PrimaryState;
  /** The previous primary as it was last observed. */
  previous: ObservedNode | null;
  /** The new primary. */
  current: ObservedNode | null;
  /** Early release of the lease, if there was one. */
  release: LeaseRelease | null;
  /** Time of the evaluation. */
  at: string;
}

/** The report of a change of the primary, from everything that was observed of it. */
export function failoverReport(sources: FailoverSources): NewFailover {
  const { before, after, previous, current, at } = sources;
  const facts = current?.facts ?? null;
  const promotion = (facts && readable(facts.postgres)?.promotion) ?? null;
  const last = (previous?.facts && readable(previous.facts.postgres)?.current_lsn) ?? null;
  const release = sources.release?.node === before.node ? sources.release : null;
  const lostAt = previous?.reachable === false ? previous.since : null;
  const observedAt = current?.observed_at ?? at;
  const switchLsn = promotion?.switch_lsn ?? null;
  return {
    trigger: release === null ? 'patroni' : 'machine-down',
    previous_primary: before.node,
    primary: after.node,
    previous_timeline: before.timeline,
    timeline: after.timeline,
    lost_at: lostAt,
    proven_down_at: release?.proven_down_at ?? null,
    released_at: release?.released_at ?? null,
    promoted_at: promotion === null ? null : new Date(promotion.at).toISOString(),
    observed_at: observedAt,
    interruption_seconds: secondsBetween(lostAt, observedAt),
    switch_lsn: switchLsn,
    last_lsn: last === null ? null : { lsn: last, observed_at: previous?.observed_at ?? at },
    lost_bytes_at_least: lostBytes(switchLsn, last),
  };
}
