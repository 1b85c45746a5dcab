import { type NodeFacts, readable } from '../node/node-facts.ts';
import { parseLsn, replicationLagBytes } from '../postgres/lsn.ts';
import type { Sample } from './series.ts';

/**
 * The values of one round for the history.
 * @param primaryLsn newest position of the primary; null if it is unknown
 */
export function sampleOf(
  node: string,
  at: string,
  facts: NodeFacts,
  primaryLsn: string | null,
): Sample {
  const machine = readable(facts.machine);
  const postgres = readable(facts.postgres);
  const data = machine?.disks.data;
  const replayed = postgres?.replica?.replayed_lsn ?? null;
  const lag =
    primaryLsn === null || replayed === null ? null : replicationLagBytes(primaryLsn, replayed);
  const { memory_bytes: memory = null, memory_available_bytes: available = null } = machine ?? {};
  return {
    node,
    at,
    lag_bytes: lag,
    lag_seconds: lag === null ? null : lag > 0 ? (postgres?.replica?.replay_age_seconds ?? 0) : 0,
    connections: postgres?.sessions.total ?? null,
    commits: postgres?.commits ?? null,
    wal_bytes: postgres?.current_lsn ? Number(parseLsn(postgres.current_lsn)) : null,
    disk_used_ratio: data && 'size_bytes' in data ? 1 - data.free_bytes / data.size_bytes : null,
    memory_used_ratio: memory && available !== null ? 1 - available / memory : null,
    load: machine?.load ?? null,
  };
}
