import type { Topology } from '../cluster/topology.ts';
import type { Condition, Finding } from './condition.ts';
import { STALE_MILLISECONDS } from './observed-node.ts';

function isStale(observedAt: string, now: Date): boolean {
  return now.getTime() - Date.parse(observedAt) > STALE_MILLISECONDS;
}

/** Conditions at this moment: `unknown` if the last evaluation is too old. Its time is kept. */
export function currentConditions(conditions: readonly Condition[], now: Date): Condition[] {
  return conditions.map((condition) => {
    if (!isStale(condition.observed_at, now)) return condition;
    const message = `Not observed since ${condition.observed_at}. Last: ${condition.message}`;
    return { ...condition, status: 'unknown', reason: 'NOT_OBSERVED', message };
  });
}

/**
 * Replaces conditions by newer findings, which are evaluated when they are read. A changed status
 * holds since this moment.
 */
export function withFindings(
  conditions: readonly Condition[],
  findings: readonly Finding[],
  now: Date,
): Condition[] {
  const at = now.toISOString();
  return conditions.map((condition) => {
    const finding = findings.find(({ type }) => type === condition.type);
    if (finding === undefined) return condition;
    const since = finding.status === condition.status ? condition.since : at;
    return { ...finding, since, observed_at: at };
  });
}

/** Roles at this moment: null if the last observation is too old. Its time is kept. */
export function currentTopology(topology: Topology, now: Date): Topology {
  if (!isStale(topology.observed_at, now)) return topology;
  return {
    primary: null,
    nodes: topology.nodes.map(({ name, role }) => ({
      name,
      role: role === 'witness' ? role : null,
    })),
    observed_at: topology.observed_at,
  };
}
