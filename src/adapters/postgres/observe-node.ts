import type { ClusterNode } from '../../core/cluster/topology.ts';
import type {
  PostgresObservation,
  PrimaryObservation,
  SenderObservation,
  SlotObservation,
} from '../../core/postgres/observation.ts';
import { type NodeConnection, reasonOf } from './node-connection.ts';
import { OBSERVE_NODE, OBSERVE_PRIMARY } from './queries.ts';

interface NodeRow {
  in_recovery: boolean;
  system_identifier: string;
  server_version: string;
  replica_timeline: string | null;
  primary_timeline_hex: string | null;
  current_lsn: string | null;
  received_lsn: string | null;
  replayed_lsn: string | null;
  replay_pause_state: string | null;
  replay_age_seconds: number | null;
  receiver_status: string | null;
  slot_name: string | null;
  sender_host: string | null;
}

/** Reads the state of a node. Never throws. */
export async function observeNode(
  node: ClusterNode,
  connection: NodeConnection | undefined,
): Promise<PostgresObservation> {
  if (connection === undefined) return { ...nothingKnownOf(node), witness: true };
  try {
    const rows = await connection.query<NodeRow>(OBSERVE_NODE);
    const [row] = rows;
    if (row === undefined) throw new Error('the node answered with no row');
    const primary = row.in_recovery ? null : await observePrimary(connection, row);
    const started = performance.now();
    await connection.query('SELECT');
    return {
      ...nothingKnownOf(node),
      round_trip_ms: Math.round((performance.now() - started) * 100) / 100,
      in_recovery: row.in_recovery,
      system_identifier: row.system_identifier,
      timeline: timelineOf(row),
      server_version: row.server_version,
      primary,
      replica: row.in_recovery
        ? {
            received_lsn: row.received_lsn,
            replayed_lsn: row.replayed_lsn,
            replay_pause_state: row.replay_pause_state ?? 'not paused',
            receiver_status: row.receiver_status,
            slot_name: row.slot_name,
            sender_host: row.sender_host,
            replay_age_seconds: row.replay_age_seconds,
          }
        : null,
    };
  } catch (error) {
    return { ...nothingKnownOf(node), unreachable: reasonOf(error) };
  }
}

async function observePrimary(
  connection: NodeConnection,
  row: NodeRow,
): Promise<PrimaryObservation> {
  const [lists] = await connection.query<{
    senders: SenderObservation[];
    slots: SlotObservation[];
  }>(OBSERVE_PRIMARY);
  return {
    current_lsn: row.current_lsn ?? '0/0',
    senders: lists?.senders ?? [],
    slots: lists?.slots ?? [],
  };
}

function timelineOf(row: NodeRow): number | null {
  if (row.primary_timeline_hex !== null) return Number.parseInt(row.primary_timeline_hex, 16);
  return row.replica_timeline === null ? null : Number(row.replica_timeline);
}

function nothingKnownOf(node: ClusterNode): PostgresObservation {
  return {
    node: node.name,
    address: node.address,
    witness: false,
    unreachable: null,
    round_trip_ms: null,
    in_recovery: null,
    system_identifier: null,
    timeline: null,
    server_version: null,
    replica: null,
    primary: null,
  };
}
