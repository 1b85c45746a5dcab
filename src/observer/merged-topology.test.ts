import { expect, test } from 'vitest';
import type { Role, Topology } from '../core/cluster/topology.ts';
import { mergedTopology } from './merged-topology.ts';

const topology = (primary: string | null, roles: (Role | null)[]): Topology => ({
  primary,
  nodes: roles.map((role, index) => ({ name: `a-${index + 1}`, role })),
  observed_at: '2026-01-12T10:00:00.000Z',
});

test('a node that is not reachable keeps its last role', () => {
  const merged = mergedTopology(
    topology('a-1', ['primary', 'replica']),
    topology('a-1', ['primary', null]),
  );
  expect(merged.nodes.map(({ role }) => role)).toEqual(['primary', 'replica']);
});

test('a former primary has no role once another one is observed', () => {
  const merged = mergedTopology(
    topology('a-1', ['primary', 'replica']),
    topology('a-2', [null, 'primary']),
  );
  expect(merged).toMatchObject({ primary: 'a-2', nodes: [{ role: null }, { role: 'primary' }] });
});

test('without a primary, the last one stays, so that no plan removes it', () => {
  const merged = mergedTopology(
    topology('a-1', ['primary', 'replica']),
    topology(null, [null, 'replica']),
  );
  expect(merged).toMatchObject({
    primary: 'a-1',
    nodes: [{ role: 'primary' }, { role: 'replica' }],
  });
});
