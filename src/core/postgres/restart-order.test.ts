import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedBoundParameters, restartOrder } from './restart-order.ts';
import type { NodeSettings } from './settings-verdict.ts';

type Values = Record<string, number>;

function node(name: string, values: Values, reason: string | null = null): NodeSettings {
  const settings = Object.entries(values).map(([setting, value]) => ({
    name: setting,
    setting: String(value),
    unit: null,
    source: 'command line',
    boot_val: null,
    pending_restart: true,
    file_setting: null,
    file_error: null,
  }));
  return { node: name, reason, settings };
}

const written = (values: Values) =>
  Object.entries(values).map(([name, value]) => ({ name, value: String(value) }));
const cluster = (primary: Values, ...replicas: Values[]) =>
  [primary, ...replicas].map((values, index) => node(`pg-${index + 1}`, values));

const LOW = { max_connections: 100 };
const HIGH = { max_connections: 200 };

describe('restartOrder', () => {
  it.each<[string, string | null, NodeSettings[], Values, string]>([
    ['a raised value', 'pg-1', cluster(LOW, LOW), HIGH, 'replicas-first'],
    ['a lowered value', 'pg-1', cluster(HIGH, HIGH), LOW, 'primary-first'],
    ['the same value', 'pg-1', cluster(LOW, LOW), LOW, 'replicas-first'],
    [
      'one value rises and one falls',
      'pg-1',
      cluster({ ...LOW, max_wal_senders: 20 }, { ...LOW, max_wal_senders: 20 }),
      { ...HIGH, max_wal_senders: 10 },
      'replicas-first',
    ],
    [
      'a lowered value of which one replica already runs with less',
      'pg-1',
      cluster(HIGH, HIGH, { max_connections: 50 }),
      LOW,
      'replicas-first',
    ],
    [
      'a raise after a lowering that was interrupted behind the primary',
      'pg-1',
      cluster({ max_connections: 50 }, LOW),
      { max_connections: 80 },
      'replicas-first',
    ],
    [
      'a lowered value without an observed primary',
      null,
      cluster(HIGH, HIGH),
      LOW,
      'replicas-first',
    ],
    [
      'a lowered value while a node does not respond',
      'pg-1',
      [node('pg-1', HIGH), node('pg-2', {}, 'timeout')],
      LOW,
      'replicas-first',
    ],
    ['a parameter that is not bound', 'pg-1', cluster(LOW, LOW), { work_mem: 4 }, 'replicas-first'],
  ])('%s', (_what, primary, observed, wanted, order) => {
    expect(restartOrder(primary, observed, written(wanted))).toBe(order);
  });

  it('never leaves a node with a lower value than the primary', () => {
    const value = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), value, (running, wanted) => {
        const observed = running.map((one, at) => node(`pg-${at + 1}`, { max_connections: one }));
        const order = restartOrder('pg-1', observed, written({ max_connections: wanted }));
        // The primary restarts before the others. At that moment a replica could stop.
        return order !== 'primary-first' || running.slice(1).every((one) => one >= wanted);
      }),
    );
  });
});

describe('changedBoundParameters', () => {
  it('names the bound parameters whose written value differs', () => {
    const before = written({ max_connections: 100, work_mem: 4, max_wal_senders: 10 });
    const after = written({ max_connections: 200, work_mem: 8, max_wal_senders: 10 });
    expect(changedBoundParameters(before, after)).toEqual(['max_connections']);
    expect(changedBoundParameters(before, [])).toEqual(['max_connections', 'max_wal_senders']);
  });
});
