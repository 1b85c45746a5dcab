import type { Role, Topology } from '../cluster/topology.ts';
import type { NodeObservation } from './observation.ts';

/**
 * Roles as SQL told them. A node that did not answer has the role null; of several nodes that accept
 * writes the one on the highest timeline is the primary, since a promotion always raises it.
 */
export function observedTopology(observations: readonly NodeObservation[], at: Date): Topology {
  return {
    primary: primaryOf(observations)?.node ?? null,
    nodes: observations.map((one) => ({ name: one.node, role: observedRole(one) })),
    observed_at: at.toISOString(),
  };
}

/** The node that accepts writes; see `observedTopology` for several. */
export function primaryOf(observations: readonly NodeObservation[]): NodeObservation | null {
  const writable = observations.filter((one) => one.in_recovery === false);
  writable.sort((one, other) => (other.timeline ?? 0) - (one.timeline ?? 0));
  return writable[0] ?? null;
}

export function observedRole(observation: NodeObservation): Role | null {
  if (observation.witness) return 'witness';
  if (observation.in_recovery === null) return null;
  return observation.in_recovery ? 'replica' : 'primary';
}
