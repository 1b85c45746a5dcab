import { z } from 'zod';
import type { ClusterNode, Role } from '../cluster/topology.ts';
import { instantSchema } from '../instant.ts';
import { type NodeFacts, nodeFactsSchema, readable, unreadable } from '../node/node-facts.ts';
import type { PostgresObservation } from '../postgres/observation.ts';

/** Seconds between two rounds of a node. */
export const ROUND_SECONDS = 5;

/** Facts of a node are unknown after this number of rounds without data. */
const STALE_ROUNDS = 3;

/** Milliseconds after which facts are too old to be displayed as current. */
export const STALE_MILLISECONDS = STALE_ROUNDS * ROUND_SECONDS * 1_000;

/** Connection to a node, and the newest facts that were received over it. */
export const observedNodeSchema = z.object({
  name: z.string(),
  reachable: z
    .boolean()
    .nullable()
    .describe('Whether the connection to the node is open; null before the first attempt.'),
  since: instantSchema.nullable().describe('Time of the last change of `reachable`.'),
  reason: z.string().nullable().describe('Why the node is not reachable.'),
  observed_at: instantSchema
    .nullable()
    .describe('Arrival of the facts, by the clock of the server; null before the first.'),
  facts: nodeFactsSchema.nullable(),
});
export type ObservedNode = z.infer<typeof observedNodeSchema>;

export function unobserved(name: string): ObservedNode {
  return { name, reachable: null, since: null, reason: null, observed_at: null, facts: null };
}

/** The facts, unless they are too old or the node has been disconnected since. */
export function currentFacts(node: ObservedNode, now: Date): NodeFacts | null {
  if (node.facts === null || node.observed_at === null || node.reachable !== true) return null;
  const age = now.getTime() - Date.parse(node.observed_at);
  return age <= STALE_MILLISECONDS ? node.facts : null;
}

/** PostgreSQL of a node in the form in which verification observes it over the network. */
export function postgresObservation(
  node: Pick<ClusterNode, 'name' | 'address' | 'postgres_port'>,
  observed: ObservedNode | undefined,
  now: Date,
): PostgresObservation {
  const facts = observed === undefined ? null : currentFacts(observed, now);
  const postgres = facts && readable(facts.postgres);
  const none = {
    node: node.name,
    address: node.address,
    witness: node.postgres_port === null,
    unreachable: null,
    round_trip_ms: null,
    in_recovery: null,
    system_identifier: null,
    timeline: null,
    server_version: null,
    replica: null,
    primary: null,
  };
  if (none.witness) return none;
  if (postgres === null) {
    const reason = facts === null ? observed?.reason : unreadable(facts.postgres);
    return { ...none, unreachable: reason ?? 'no current facts' };
  }
  return {
    ...none,
    in_recovery: postgres.in_recovery,
    system_identifier: postgres.system_identifier,
    timeline: postgres.timeline,
    server_version: postgres.server_version,
    replica: postgres.replica,
    primary: postgres.in_recovery
      ? null
      : {
          current_lsn: postgres.current_lsn ?? '0/0',
          senders: postgres.senders,
          slots: postgres.slots,
        },
  };
}

/** Role of a node at this moment; null if it is unknown. */
export function currentRole(
  node: Pick<ClusterNode, 'postgres_port'>,
  observed: ObservedNode | undefined,
  now: Date,
): Role | null {
  if (node.postgres_port === null) return 'witness';
  const facts = observed === undefined ? null : currentFacts(observed, now);
  const postgres = facts && readable(facts.postgres);
  if (postgres === null) return null;
  return postgres.in_recovery ? 'replica' : 'primary';
}
