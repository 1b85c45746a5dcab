import { describe, expect, it } from 'vitest';
import {
  CONDITION_TYPES,
  type ConditionStatus,
  type ConditionType,
} from '../observation/condition.ts';
import { type StatusFacts, statusOf } from './cluster-status.ts';

const VERIFIED_AT = '2026-01-01T00:00:00.000Z';
const after = (seconds: number) => new Date(Date.parse(VERIFIED_AT) + seconds * 1_000);

const conditions = (
  changed: Partial<Record<ConditionType, ConditionStatus>> = {},
): StatusFacts['conditions'] =>
  CONDITION_TYPES.map((type) => ({ type, status: changed[type] ?? 'true' }));

const VERIFIED: StatusFacts = {
  hasNodes: true,
  executedRevision: 1,
  pending: null,
  operation: null,
  report: { passed: true, created_at: VERIFIED_AT },
  conditions: conditions(),
};
const pending = { fields: ['replica_count'], changes: [], next_step: 'plan-terraform' as const };

describe('statusOf', () => {
  it.each<[string, Partial<StatusFacts>]>([
    ['healthy', {}],
    ['change-pending', { pending }],
    ['unverified', { pending, report: null }],
    ['unverified', { report: { passed: false, created_at: VERIFIED_AT } }],
    ['unverified', { report: null }],
    ['unverified', { executedRevision: null }],
    ['not-created', { hasNodes: false }],
    ['changing', { operation: { kind: 'plan-terraform', state: 'running' } }],
    [
      'changing',
      {
        ...{ conditions: conditions({ reachable: 'false' }) },
        operation: { kind: 'plan-terraform', state: 'running' },
      },
    ],
    ['no-primary', { conditions: conditions({ 'one-primary': 'false', reachable: 'false' }) }],
    ['unreachable', { conditions: conditions({ reachable: 'false', verified: 'false' }) }],
    ['degraded', { conditions: conditions({ 'replicas-streaming': 'false' }) }],
    ['failover-unavailable', { conditions: conditions({ 'failover-ready': 'false' }) }],
    ['unknown', { conditions: conditions({ 'replicas-streaming': 'unknown' }) }],
    ['unknown', { conditions: [] }],
  ])('is %s', (status, change) => {
    expect(statusOf({ ...VERIFIED, ...change }, after(60))).toBe(status);
  });

  it('treats a passed verification as an observation for three rounds', () => {
    const unobserved = { ...VERIFIED, conditions: [] };
    expect(statusOf(unobserved, after(14))).toBe('healthy');
    expect(statusOf(unobserved, after(16))).toBe('unknown');
  });
});
