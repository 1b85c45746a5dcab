import type { ClusterNode } from '../../core/cluster/topology.ts';
import { observedTopology } from '../../core/postgres/observed-topology.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  MarkerRead,
  MarkerWritten,
  Probe,
  ProbeCredentials,
  ProbeSession,
} from '../../ports/probe.ts';
import { readMarker, removeMarker, writeMarker } from './markers.ts';
import { NodeConnection } from './node-connection.ts';
import { observeNode } from './observe-node.ts';
import { MARKER_DATABASE } from './queries.ts';

/** A database that every cluster has; observations need no other. */
const MAINTENANCE_DATABASE = 'postgres';

/** The probe of real nodes: node-postgres with verified TLS. */
export function createSqlProbe(clock: Pick<Clock, 'now'>): Probe {
  const open = (nodes: readonly ClusterNode[], credentials: ProbeCredentials): ProbeSession =>
    openSession(nodes, credentials);
  return {
    open,
    async observeTopology(nodes, credentials) {
      const session = open(nodes, credentials);
      try {
        return observedTopology(await session.observe(), clock.now());
      } finally {
        await session.close();
      }
    },
  };
}

function openSession(nodes: readonly ClusterNode[], credentials: ProbeCredentials): ProbeSession {
  const plain = new Map<string, NodeConnection>();
  const markers = new Map<string, NodeConnection>();
  for (const node of nodes) {
    if (node.postgres_port === null) continue;
    plain.set(node.name, new NodeConnection(node, credentials, MAINTENANCE_DATABASE));
    markers.set(node.name, new NodeConnection(node, credentials, MARKER_DATABASE));
  }
  return {
    observe: () => Promise.all(nodes.map((node) => observeNode(node, plain.get(node.name)))),
    async writeMarker(node, marker): Promise<MarkerWritten> {
      const connections = [plain.get(node), markers.get(node)] as const;
      if (!connections[0] || !connections[1]) return { lsn: null, reason: noPostgres(node) };
      return await writeMarker(connections[0], connections[1], marker);
    },
    async readMarker(node, marker, lsn, withinMilliseconds): Promise<MarkerRead> {
      const connection = markers.get(node);
      if (connection) return await readMarker(node, connection, marker, lsn, withinMilliseconds);
      const read = { node, seen: false, replayed_lsn: null, seen_after_ms: null };
      return { ...read, reason: noPostgres(node) };
    },
    async removeMarker(node, marker) {
      const connection = markers.get(node);
      return connection ? await removeMarker(connection, marker) : noPostgres(node);
    },
    async close() {
      await Promise.all([...plain.values(), ...markers.values()].map((one) => one.close()));
    },
  };
}

function noPostgres(node: string): string {
  return `${node} has no PostgreSQL`;
}
