import { HathiError } from '../errors.ts';

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

/** The allowed transitions. A finished operation has none. */
const ALLOWED: Record<OperationState, readonly OperationState[]> = {
  queued: ['running', 'cancelled'],
  // To `queued` if its next stage waits for a time.
  running: ['awaiting-approval', 'queued', 'cancelling', 'succeeded', 'failed', 'interrupted'],
  'awaiting-approval': ['queued', 'cancelled', 'failed'],
  // A stage that ends before it receives the signal keeps its outcome.
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

/** @throws TRANSITION_NOT_ALLOWED naming both states and the allowed ones */
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

export const STAGE_STATES = [
  'pending',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
] as const;
export type StageState = (typeof STAGE_STATES)[number];

/** Actions of a person on an operation. */
export const OPERATION_ACTIONS = ['approve', 'cancel', 'force-cancel', 'retry'] as const;
export type OperationAction = (typeof OPERATION_ACTIONS)[number];
