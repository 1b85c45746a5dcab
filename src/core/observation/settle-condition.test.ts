import { expect, test } from 'vitest';
import type { ConditionStatus, ConditionType, Finding } from './condition.ts';
import { type ConditionState, settleCondition } from './settle-condition.ts';

const START = Date.parse('2026-01-12T10:00:00.000Z');
const at = (seconds: number) => new Date(START + seconds * 1_000);

const finding = (status: ConditionStatus, type: ConditionType = 'one-primary'): Finding => ({
  type,
  status,
  reason: status,
  message: `${type} is ${status}.`,
  remedy: null,
});

/** Statuses after each finding, which is given with its second. */
function settle(type: ConditionType, ...found: [second: number, ConditionStatus][]) {
  let state: ConditionState | null = null;
  return found.map(([second, status]) => {
    state = settleCondition(state, finding(status, type), at(second));
    return state.condition.status;
  });
}

test('the first finding counts at once, and a recovery from unknown too', () => {
  expect(settle('one-primary', [0, 'unknown'], [1, 'true'])).toEqual(['unknown', 'true']);
});

test('one lost round causes no alarm', () => {
  const found = settle(
    'one-primary',
    [0, 'true'],
    [5, 'false'],
    [9, 'true'],
    [10, 'false'],
    [14, 'false'],
  );
  expect(found).toEqual(['true', 'true', 'true', 'true', 'true']);
});

test('a finding that holds for one round changes the condition', () => {
  expect(settle('one-primary', [0, 'true'], [5, 'false'], [10, 'false'])).toEqual([
    'true',
    'true',
    'false',
  ]);
});

test('a lost connection counts at once', () => {
  expect(settle('reachable', [0, 'true'], [5, 'false'])).toEqual(['true', 'false']);
});

test('a server that has just started does not report unknown', () => {
  expect(settle('reachable', [0, 'true'], [1, 'unknown'], [2, 'true'])).toEqual([
    'true',
    'true',
    'true',
  ]);
});

test('since is the time of the change, observed_at of the last evaluation', () => {
  let state = settleCondition(null, finding('true'), at(0));
  state = settleCondition(state, finding('true'), at(7));
  expect(state.condition).toMatchObject({
    since: at(0).toISOString(),
    observed_at: at(7).toISOString(),
  });
});

test('a flapping condition stays false until it has recovered for a minute', () => {
  const changedAt: number[] = [];
  let state: ConditionState | null = null;
  for (let second = 0; second <= 500; second++) {
    const before = state?.condition.status;
    const isGood = second >= 400 || second % 20 < 10;
    state = settleCondition(state, finding(isGood ? 'true' : 'false', 'reachable'), at(second));
    if (before !== undefined && before !== state.condition.status) changedAt.push(second);
  }
  // Every 10 s up to the limit; the last alarm ends a minute after the flapping.
  expect(changedAt.slice(0, 20)).toEqual(
    Array.from({ length: 20 }, (_, index) => (index + 1) * 10),
  );
  expect(changedAt.slice(20)).toEqual([210, 460]);
});

/** Number of changes within ten minutes, with a finding in each second. */
function changesOf(type: ConditionType, statusAt: (second: number) => ConditionStatus): number {
  let state: ConditionState | null = null;
  let changes = 0;
  for (let second = 0; second < 600; second++) {
    const before: ConditionStatus | undefined = state?.condition.status;
    state = settleCondition(state, finding(statusAt(second), type), at(second));
    if (before !== undefined && before !== state.condition.status) changes += 1;
  }
  return changes;
}

test.each<[ConditionType, ConditionStatus, ConditionStatus, seconds: number]>([
  ['reachable', 'true', 'false', 1],
  ['reachable', 'true', 'false', 10],
  ['reachable', 'true', 'unknown', 10],
  ['reachable', 'unknown', 'false', 10],
  ['one-primary', 'true', 'false', 6],
  ['one-primary', 'true', 'unknown', 6],
  ['one-primary', 'unknown', 'false', 6],
  ['one-primary', 'true', 'false', 70],
])(
  '%s between %s and %s every %i s changes at most 22 times in ten minutes',
  (type, one, other, seconds) => {
    const statusAt = (second: number) => (Math.floor(second / seconds) % 2 === 0 ? one : other);
    expect(changesOf(type, statusAt)).toBeLessThanOrEqual(22);
  },
);
