import type { Role, Topology } from '../cluster/topology.ts';
import type { PostgresObservation } from './observation.ts';

/**
 * Roles as read with SQL. A node that did not respond has the role null. If several nodes accept
 * writes, see `primaryOf`.
 */
export function observedTopology(observations: readonly PostgresObservation[], at: Date): Topology {
  return topologyOf({
    primary: primaryOf(observations)?.node ?? null,
    nodes: observations.map((one) => ({ node: one.node, role: observedRole(one) })),
    observed_at: at.toISOString(),
  });
}

/** The observed topology from the roles of a report. */
export function topologyOf({
  primary,
  nodes,
  observed_at,
}: {
  primary: string | null;
  nodes: readonly { node: string; role: Role | null }[];
  observed_at: string;
}): Topology {
  return { primary, nodes: nodes.map(({ node, role }) => ({ name: node, role })), observed_at };
}

/**
 * The node that accepts writes. If several do: a node of the cluster to which most nodes belong, so
 * that a foreign server on a node's port is not selected; then the node on the highest timeline.
 */
export function primaryOf(
  observations: readonly PostgresObservation[],
): PostgresObservation | null {
  const relatives = (node: PostgresObservation): number =>
    observations.filter((one) => one.system_identifier === node.system_identifier).length;
  const senders = (node: PostgresObservation): number => node.primary?.senders.length ?? 0;
  const writable = observations.filter((one) => one.in_recovery === false);
  writable.sort(
    (one, other) =>
      relatives(other) - relatives(one) ||
      (other.timeline ?? 0) - (one.timeline ?? 0) ||
      senders(other) - senders(one),
  );
  return writable[0] ?? null;
}

export function observedRole(observation: PostgresObservation): Role | null {
  if (observation.witness) return 'witness';
  if (observation.in_recovery === null) return null;
  return observation.in_recovery ? 'replica' : 'primary';
}
