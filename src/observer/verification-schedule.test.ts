import { expect, test } from 'vitest';
import type { Condition, ConditionStatus, ConditionType } from '../core/observation/condition.ts';
import { needsVerification, type VerificationFacts } from './verification-schedule.ts';

const NOW = new Date('2026-01-12T10:00:00.000Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000).toISOString();

const condition = (type: ConditionType, status: ConditionStatus, since = ago(10)): Condition => ({
  type,
  status,
  reason: 'OK',
  message: '',
  remedy: null,
  since,
  observed_at: ago(0),
});

const HEALTHY: VerificationFacts = {
  verified: condition('verified', 'true'),
  streaming: condition('replicas-streaming', 'true', ago(90)),
  failoverReady: condition('failover-ready', 'true', ago(90)),
  primary: condition('one-primary', 'true'),
  report: { passed: true, created_at: ago(60) },
  isChanging: false,
  last: 0,
};
const CHANGED = { verified: condition('verified', 'false') };
const FAILED = { ...CHANGED, report: { passed: false, created_at: ago(60) } };

test.each<[string, Partial<VerificationFacts>, boolean]>([
  ['after a recent report', {}, false],
  ['after an hour', { report: { passed: true, created_at: ago(3_600) } }, true],
  ['without a report', { report: null }, true],
  ['after a change of roles', CHANGED, true],
  ['while a change runs', { ...CHANGED, isChanging: true }, false],
  ['without a primary', { ...CHANGED, primary: condition('one-primary', 'false') }, false],
  [
    'while replicas return',
    { ...CHANGED, streaming: condition('replicas-streaming', 'false') },
    false,
  ],
  [
    'if replicas do not return',
    {
      streaming: condition('replicas-streaming', 'false'),
      verified: condition('verified', 'false', ago(60)),
    },
    true,
  ],
  ['directly after the last automatic one', { ...CHANGED, last: NOW.getTime() - 10_000 }, false],
  ['after a failed one, while nothing changed', FAILED, false],
  [
    'after a failed one, when replicas stream again',
    { ...FAILED, streaming: condition('replicas-streaming', 'true') },
    true,
  ],
  [
    'after a failed one, when a failover would work again',
    { ...FAILED, failoverReady: condition('failover-ready', 'true') },
    true,
  ],
  [
    'after a failed one, while a failover would not work',
    {
      ...FAILED,
      streaming: condition('replicas-streaming', 'true'),
      failoverReady: condition('failover-ready', 'false'),
    },
    false,
  ],
  ['before the first evaluation', { verified: null }, false],
])('%s: %#', (_when, changes, expected) => {
  expect(needsVerification({ ...HEALTHY, ...changes }, NOW)).toBe(expected);
});
