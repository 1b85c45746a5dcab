import { expect, it } from 'vitest';
import { plannedNodes } from '../cluster/topology.ts';
import type { StageName } from '../operation/stage-results.ts';
import { nodesAtApply } from './nodes-at-apply.ts';
import type { GuardedNode } from './plan-guard.ts';

const node = (number: number, role: 'primary' | 'replica'): GuardedNode => ({
  name: `a-${number}`,
  state: 'running',
  role,
  lastRole: role,
  hasPostgres: true,
  etcd: true,
});
const NODES = [node(1, 'replica'), node(2, 'primary'), node(3, 'replica')];
const PLANNED = plannedNodes({ name: 'a', replica_count: 0 });
const STAGES: { name: StageName; node: string | null }[] = [
  { name: 'switchover', node: 'a-1' },
  { name: 'remove-etcd-members', node: null },
];

function result(stages: typeof STAGES, done: StageName[] = [], nodes = NODES) {
  return nodesAtApply(nodes, PLANNED, { stages, isDone: (name) => done.includes(name) }).map(
    ({ role, etcd }) => [role, etcd],
  );
}

it('changes nothing without such stages', () => {
  expect(nodesAtApply(NODES, PLANNED, { stages: [], isDone: () => false })).toEqual(NODES);
});

it('judges a plan by the roles and members after its earlier stages', () => {
  expect(result(STAGES)).toEqual([
    ['primary', true],
    ['replica', false],
    ['replica', false],
  ]);
});

it('judges the apply by the observed primary, also if it is not the one of the plan', () => {
  expect(result(STAGES, ['switchover'])).toEqual([
    ['replica', true],
    ['primary', false],
    ['replica', false],
  ]);
});

it('expects no switchover to a node that does not respond', () => {
  const nodes = NODES.map((one) => (one.name === 'a-1' ? { ...one, role: null } : one));
  expect(result(STAGES.slice(0, 1), [], nodes).map(([role]) => role)).toEqual([
    null,
    'primary',
    'replica',
  ]);
});
