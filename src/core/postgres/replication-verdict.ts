import { laterLsn, replicationLagBytes } from './lsn.ts';
import type { PostgresObservation, SenderObservation, SlotObservation } from './observation.ts';
import { observedRole, primaryOf } from './observed-topology.ts';
import { type NodeReport, REASONS, type Reason, type ReasonCode } from './replication-report.ts';

/** Result of the marker row: written on the primary, then read on each replica. */
export interface MarkerOutcome {
  lsn: string | null;
  /** Reason why it could not be written; null if it was written or not tried. */
  reason: string | null;
  reads: readonly {
    node: string;
    seen: boolean;
    replayed_lsn: string | null;
    seen_after_ms: number | null;
    reason: string | null;
  }[];
}

export interface Verdict {
  passed: boolean;
  primary: PostgresObservation | null;
  nodes: NodeReport[];
  /** Whether a repeated observation could have a better result. */
  maySettle: boolean;
}

/**
 * Judges an observation. It requires one primary. Every other node with PostgreSQL must be a
 * replica that streams from the primary through an active slot, is on the same timeline, and has
 * replayed past the marker. Pure.
 * @param expected names of all nodes in the spec
 */
export function judgeReplication(
  expected: readonly string[],
  observations: readonly PostgresObservation[],
  marker: MarkerOutcome,
): Verdict {
  const primary = primaryOf(observations);
  const nodes = observations.map((observation) => {
    const reasons = reasonsAgainst(observation, primary, marker);
    return reportOf(observation, primary, marker, reasons);
  });
  const observed = new Set(observations.map((one) => one.node));
  for (const node of expected) {
    if (!observed.has(node)) nodes.push(missingNode(node));
  }
  const failed = nodes.filter((node) => node.status === 'failed');
  return {
    passed: failed.length === 0,
    primary,
    nodes,
    maySettle: failed.some((node) => node.reasons.every((one) => REASONS[one.code].settles)),
  };
}

function reasonsAgainst(
  node: PostgresObservation,
  primary: PostgresObservation | null,
  marker: MarkerOutcome,
): Reason[] {
  if (node.witness) return [];
  if (node.unreachable !== null) return reasonsOfSilence(node.unreachable);
  if (primary === null) return [reason('NO_PRIMARY', 'No node of the cluster accepts writes.')];
  if (node === primary) return reasonsAgainstPrimary(marker);
  const reasons = reasonsOfReplica(node, primary);
  const read = marker.reads.find((one) => one.node === node.node);
  if (marker.lsn !== null && !read?.seen) {
    const why = read?.reason ?? 'the node was not queried, since it is no replica';
    reasons.push(
      reason('MARKER_NOT_SEEN', `A row written on ${primary.node} was not read here: ${why}.`),
    );
  }
  return reasons;
}

/** Reasons why a node does not stream from the primary; empty if it does. */
export function reasonsOfReplica(
  node: PostgresObservation,
  primary: PostgresObservation,
): Reason[] {
  if (node.unreachable !== null) return reasonsOfSilence(node.unreachable);
  const reasons = reasonsOfIdentity(node, primary);
  return node.in_recovery ? [...reasons, ...reasonsOfStreaming(node, primary)] : reasons;
}

function reasonsOfSilence(why: string): Reason[] {
  return [reason('NODE_UNREACHABLE', `PostgreSQL does not respond: ${why}.`)];
}

function reasonsAgainstPrimary(marker: MarkerOutcome): Reason[] {
  if (marker.lsn !== null) return [];
  const why = marker.reason ?? 'it was not tried';
  return [reason('MARKER_NOT_WRITTEN', `No row could be written on the primary: ${why}.`)];
}

function reasonsOfIdentity(node: PostgresObservation, primary: PostgresObservation): Reason[] {
  const reasons: Reason[] = [];
  if (node.system_identifier !== primary.system_identifier) {
    const identifiers = `${node.system_identifier}, where ${primary.node} has ${primary.system_identifier}`;
    reasons.push(
      reason(
        'OTHER_SYSTEM_IDENTIFIER',
        `This is a separate PostgreSQL cluster: its system identifier is ${identifiers}.`,
      ),
    );
  } else if (node.timeline !== primary.timeline) {
    const timelines = `${node.timeline}, where ${primary.node} is on ${primary.timeline}`;
    reasons.push(reason('OTHER_TIMELINE', `It is on timeline ${timelines}.`));
  }
  if (node.in_recovery === false) {
    reasons.push(
      reason(
        'SECOND_PRIMARY',
        `It accepts writes itself, although ${primary.node} is the primary.`,
      ),
    );
  }
  return reasons;
}

function reasonsOfStreaming(node: PostgresObservation, primary: PostgresObservation): Reason[] {
  const reasons: Reason[] = [];
  const status = node.replica?.receiver_status ?? null;
  const sender = senderOf(node, primary);
  if (status !== 'streaming') {
    const seen = status === null ? 'there is no walreceiver' : `its walreceiver is ${status}`;
    reasons.push(reason('NOT_STREAMING', `It does not stream: ${seen}.`));
  } else if (sender?.state !== 'streaming') {
    const seen = sender ? `has it as ${sender.state}` : 'has no walsender for it';
    reasons.push(reason('NOT_STREAMING', `It does not stream: ${primary.node} ${seen}.`));
  }
  const slot = slotOf(node, primary);
  if (slot === null) {
    reasons.push(
      reason('NO_SLOT', `It holds no slot on ${primary.node}, which may remove WAL it needs.`),
    );
  } else if (slot.wal_status === 'lost') {
    reasons.push(
      reason('SLOT_INACTIVE', `Its slot ${slot.name} on ${primary.node} has lost WAL it needs.`),
    );
  } else if (status !== null && (!slot.active || (sender && slot.active_pid !== sender.pid))) {
    reasons.push(
      reason('SLOT_INACTIVE', `Its slot ${slot.name} on ${primary.node} is not the one it uses.`),
    );
  }
  const pause = node.replica?.replay_pause_state ?? 'not paused';
  if (pause !== 'not paused') {
    reasons.push(
      reason('REPLAY_PAUSED', 'Its replay is paused; pg_wal_replay_resume() continues it.'),
    );
  }
  return reasons;
}

/** Patroni sets the member's name on its walreceiver. Without the name, the address is compared. */
function senderOf(
  node: PostgresObservation,
  primary: PostgresObservation,
): SenderObservation | null {
  const senders = primary.primary?.senders ?? [];
  return (
    senders.find((one) => one.application_name === node.node) ??
    senders.find((one) => one.client_address === node.address) ??
    null
  );
}

/**
 * The slot of the replica on the primary. Replicas have slots too. Without a walreceiver, it is the
 * slot that Patroni creates for the node.
 */
function slotOf(node: PostgresObservation, primary: PostgresObservation): SlotObservation | null {
  const { slot_name: used = null, receiver_status: status = null } = node.replica ?? {};
  const name = used ?? (node.replica !== null && status === null ? slotNameOf(node.node) : null);
  if (name === null) return null;
  return primary.primary?.slots.find((one) => one.name === name) ?? null;
}

/** The name that Patroni gives to the slot of a node. */
export function slotNameOf(node: string): string {
  return node.replaceAll('-', '_');
}

function reportOf(
  node: PostgresObservation,
  primary: PostgresObservation | null,
  marker: MarkerOutcome,
  reasons: Reason[],
): NodeReport {
  const proven = reasons.length === 0 ? 'proven' : 'failed';
  const report: NodeReport = {
    ...missingNode(node.node),
    role: observedRole(node),
    status: node.witness ? 'no-postgresql' : proven,
    reasons,
    system_identifier: node.system_identifier,
    timeline: node.timeline,
    round_trip_ms: node.round_trip_ms,
  };
  if (primary === null || node.replica === null) return report;
  const read = marker.reads.find((one) => one.node === node.node);
  const slot = slotOf(node, primary);
  const replayed = laterLsn(node.replica.replayed_lsn, read?.replayed_lsn ?? null);
  const written = laterLsn(primary.primary?.current_lsn ?? null, marker.lsn);
  const comparable = node.system_identifier === primary.system_identifier;
  const lag = comparable && written && replayed ? replicationLagBytes(written, replayed) : null;
  return {
    ...report,
    streaming:
      node.replica.receiver_status === 'streaming' &&
      senderOf(node, primary)?.state === 'streaming',
    slot: slot && { name: slot.name, active: slot.active },
    replayed_lsn: replayed,
    lag_bytes: lag,
    lag_seconds: lag !== null && lag > 0 ? node.replica.replay_age_seconds : null,
    marker_seen_after_ms: read?.seen_after_ms ?? null,
  };
}

function missingNode(node: string): NodeReport {
  return {
    node,
    role: null,
    status: 'failed',
    reasons: [reason('NODE_MISSING', 'The spec asks for this node, and there is no such machine.')],
    streaming: null,
    slot: null,
    system_identifier: null,
    timeline: null,
    replayed_lsn: null,
    lag_bytes: null,
    lag_seconds: null,
    round_trip_ms: null,
    marker_seen_after_ms: null,
  };
}

function reason(code: ReasonCode, message: string): Reason {
  return { code, message };
}
