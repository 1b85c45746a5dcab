import type { Condition, ConditionType, Finding } from './condition.ts';
import { ROUND_SECONDS } from './observed-node.ts';

/** State of a condition between two evaluations. Times are milliseconds since 1970. */
export interface ConditionState {
  condition: Condition;
  /** Time since which the findings differ from the condition; null while they agree. */
  differsSince: number | null;
  /** Times of the last changes, the newest last. */
  changes: readonly number[];
}

/** A finding must hold for one round, so that a single lost round changes nothing. */
const SETTLE_MILLISECONDS = ROUND_SECONDS * 1_000;

/** The connection to a node ends at a certain moment, and was tried again before the finding. */
const IMMEDIATE: readonly ConditionType[] = ['reachable', 'verified', 'up-to-date'];

/**
 * After this number of changes within the window, every change except an alarm must hold for much
 * longer. So a flapping condition changes at most twice a minute, and an alarm is never delayed.
 */
const MOST_CHANGES = 20;
const CHANGE_WINDOW_MILLISECONDS = 600_000;
const FLAPPING_MILLISECONDS = 60_000;

/**
 * The next state of a condition. The first finding counts at once, a recovery from `unknown` too.
 * @param state null before the first evaluation
 */
export function settleCondition(
  state: ConditionState | null,
  finding: Finding,
  now: Date,
): ConditionState {
  const at = now.toISOString();
  const time = now.getTime();
  if (state === null) {
    const condition = { ...finding, since: at, observed_at: at };
    return { condition, differsSince: null, changes: [] };
  }
  const { condition } = state;
  if (finding.status === condition.status) {
    const next = { ...condition, ...finding, observed_at: at };
    return { ...state, condition: next, differsSince: null };
  }
  const changes = state.changes.filter((one) => time - one < CHANGE_WINDOW_MILLISECONDS);
  const differsSince = state.differsSince ?? time;
  if (time - differsSince < requiredMilliseconds(condition, finding, changes.length)) {
    return { condition: { ...condition, observed_at: at }, differsSince, changes };
  }
  const next = { ...finding, since: at, observed_at: at };
  return { condition: next, differsSince: null, changes: [...changes, time] };
}

function requiredMilliseconds(condition: Condition, finding: Finding, changes: number): number {
  if (changes >= MOST_CHANGES && finding.status !== 'false') return FLAPPING_MILLISECONDS;
  // A server that has just started is not connected yet.
  if (finding.status === 'unknown') return SETTLE_MILLISECONDS;
  const isImmediate = IMMEDIATE.includes(finding.type) || condition.status === 'unknown';
  return isImmediate ? 0 : SETTLE_MILLISECONDS;
}
