import { HathiError } from '../errors.ts';
import type { OperationAccess, PlannedStage } from '../procedures/procedure.ts';
import type { OperationKind } from '../procedures/procedures.ts';
import type { StoredError } from './event.ts';

export const OPERATION_STATES = [
  'queued',
  'running',
  'awaiting-approval',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** The one table of what may follow what. A finished operation has no way out. */
const ALLOWED: Record<OperationState, readonly OperationState[]> = {
  queued: ['running', 'cancelled'],
  // To `queued` where its next stage waits for a time.
  running: ['awaiting-approval', 'queued', 'cancelling', 'succeeded', 'failed', 'interrupted'],
  'awaiting-approval': ['queued', 'cancelled', 'failed'],
  // A stage that ends before the signal reaches it keeps its own outcome.
  cancelling: ['cancelled', 'succeeded', 'failed', 'interrupted'],
  succeeded: [],
  failed: [],
  cancelled: [],
  interrupted: [],
};

export const UNFINISHED_STATES = OPERATION_STATES.filter((state) => ALLOWED[state].length > 0);

export function isFinished(state: OperationState): boolean {
  return ALLOWED[state].length === 0;
}

export function mayBecome(from: OperationState, to: OperationState): boolean {
  return ALLOWED[from].includes(to);
}

/** @throws TRANSITION_NOT_ALLOWED naming both states and what would be allowed */
export function assertMayBecome(from: OperationState, to: OperationState): void {
  if (mayBecome(from, to)) return;
  const allowed = ALLOWED[from];
  throw new HathiError(
    'TRANSITION_NOT_ALLOWED',
    allowed.length === 0
      ? `The operation has already ${from}; nothing can follow.`
      : `An operation that is ${from} cannot become ${to}; it can become ${allowed.join(' or ')}.`,
    { from, to, allowed },
  );
}

export type StageState =
  | 'pending'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'interrupted';

/** One stage of one operation. Times are ISO 8601 in UTC. */
export interface StageRecord extends PlannedStage {
  /** From 0; identifies the stage within its operation. */
  position: number;
  state: StageState;
  attempt: number;
  started_at: string | null;
  ended_at: string | null;
  /** What the stage made, in the shape that its step endpoint answers. */
  outcome: Record<string, unknown> | null;
  error: StoredError | null;
}

export function pendingStage(planned: PlannedStage, position: number): StageRecord {
  const unset = { started_at: null, ended_at: null, outcome: null, error: null };
  return { ...planned, position, state: 'pending', attempt: 0, ...unset };
}

/** One request's durable work on one cluster. */
export interface Operation {
  id: string;
  cluster_id: string;
  cluster_name: string;
  kind: OperationKind;
  access: OperationAccess;
  state: OperationState;
  /** Input of the request that its stages read, e.g. PostgreSQL parameters. */
  input: Record<string, unknown>;
  /** `granted` once a person has approved a plan that needed it. */
  approval: 'automatic' | 'manual' | 'granted';
  /** 0 before the first claim; one more each time that a worker takes it. */
  attempt: number;
  /** 0 nothing asked, 1 stop (SIGINT), 2 stop by force (SIGKILL). */
  cancel_level: 0 | 1 | 2;
  stages: StageRecord[];
  error: StoredError | null;
  /** No worker takes the operation earlier; null where it does not wait for a time. */
  run_after: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  /** Sequence of the newest event, 0 when there is none. */
  last_sequence: number;
}

/** How far an operation has come. */
export type OperationProgress = Pick<Operation, 'id' | 'state' | 'last_sequence'>;
