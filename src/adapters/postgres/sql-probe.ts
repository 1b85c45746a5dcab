import type { ClusterNode } from '../../core/cluster/topology.ts';
import type { ObservedSetting } from '../../core/postgres/settings-verdict.ts';
import type {
  MarkerRead,
  MarkerWritten,
  Probe,
  ProbeCredentials,
  ProbeSession,
} from '../../ports/probe.ts';
import { readMarker, removeMarker, writeMarker } from './markers.ts';
import { NodeConnection, reasonOf } from './node-connection.ts';
import { observeNode } from './observe-node.ts';
import { MARKER_DATABASE, OBSERVE_SETTINGS } from './queries.ts';

/** A database that every cluster has. Observations need no other database. */
const MAINTENANCE_DATABASE = 'postgres';

/**
 * Creates the probe for real nodes: node-postgres with verified TLS.
 * @param options `env` of the ssh that leads to nodes without another connection
 */
export function createSqlProbe({ env }: { env: Record<string, string> }): Probe {
  return { open: (nodes, credentials) => openSession(nodes, credentials, env) };
}

function openSession(
  nodes: readonly ClusterNode[],
  credentials: ProbeCredentials,
  env: Record<string, string>,
): ProbeSession {
  const connections = new Map<string, readonly [plain: NodeConnection, markers: NodeConnection]>();
  for (const node of nodes) {
    if (node.postgres_port === null) continue;
    connections.set(node.name, [
      new NodeConnection(node, credentials, MAINTENANCE_DATABASE, env),
      new NodeConnection(node, credentials, MARKER_DATABASE, env),
    ]);
  }
  return {
    observe: () =>
      Promise.all(nodes.map((node) => observeNode(node, connections.get(node.name)?.[0]))),
    async writeMarker(node, marker): Promise<MarkerWritten> {
      const both = connections.get(node);
      return both ? await writeMarker(both, marker) : { lsn: null, reason: noPostgres(node) };
    },
    async readMarker(node, marker, lsn, withinMilliseconds): Promise<MarkerRead> {
      const both = connections.get(node);
      if (both) return await readMarker(node, both, marker, lsn, withinMilliseconds);
      const read = { node, seen: false, replayed_lsn: null, seen_after_ms: null };
      return { ...read, reason: noPostgres(node) };
    },
    async removeMarker(node, marker) {
      const both = connections.get(node);
      return both ? await removeMarker(both[1], marker) : noPostgres(node);
    },
    settings: async (names) =>
      await Promise.all(
        [...connections].map(async ([node, [plain]]) => {
          try {
            const wanted = names.map((name) => name.toLowerCase());
            const settings = await plain.query<ObservedSetting>(OBSERVE_SETTINGS, [wanted]);
            return { node, reason: null, settings };
          } catch (error) {
            return { node, reason: reasonOf(error), settings: [] };
          }
        }),
      ),
    async close() {
      await Promise.all([...connections.values()].flat().map((one) => one.close()));
    },
  };
}

function noPostgres(node: string): string {
  return `${node} has no PostgreSQL`;
}
