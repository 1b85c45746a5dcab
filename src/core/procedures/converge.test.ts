import { describe, expect, it } from 'vitest';
import type { ClusterSpec } from '../cluster/cluster-spec.ts';
import { plannedNodes, type Role, type Topology } from '../cluster/topology.ts';
import { converge } from './converge.ts';

function spec(replicaCount: number): ClusterSpec {
  return {
    name: 'a',
    target: 'local',
    instance_type: 't2.medium',
    replica_count: replicaCount,
    postgres_version: '17',
    failover_profile: 'fast',
    allow_list: [],
    parameters: {},
  };
}

function topology(replicaCount: number, primary: string | null): Topology {
  const role = (name: string): Role => (name === primary ? 'primary' : 'replica');
  const nodes = plannedNodes(spec(replicaCount)).map(({ name, witness }) => ({
    name,
    role: witness ? ('witness' as const) : role(name),
  }));
  return { primary, nodes, observed_at: '2026-01-12T10:00:00.000Z' };
}

/** The stages between plan and apply. */
function before(from: number, to: number, primary: string | null): string[] {
  const input = { current: spec(from), requested: spec(to), topology: topology(from, primary) };
  const stages = converge.stages(input);
  const apply = stages.findIndex(({ name }) => name === 'apply-terraform');
  return stages.slice(2, apply).map(({ name, node }) => (node === null ? name : `${name} ${node}`));
}

describe('converge', () => {
  it('plans, applies, configures and verifies a new cluster', () => {
    const stages = converge.stages({ current: null, requested: spec(2), topology: null });
    expect(stages.map(({ name }) => name)).toEqual([
      'generate-terraform',
      'plan-terraform',
      'apply-terraform',
      'create-ansible-script',
      'execute-ansible-script',
      'verify-replication',
    ]);
    const waiting = stages.filter(({ needs_approval }) => needs_approval);
    expect(waiting.map(({ name }) => name)).toEqual(['apply-terraform']);
  });

  it.each<[number, number, string | null, string[]]>([
    [2, 4, 'a-3', []],
    [4, 2, 'a-1', []],
    [4, 2, 'a-5', ['switchover a-1']],
    [4, 1, 'a-1', []],
    [2, 1, 'a-3', ['switchover a-1']],
    [2, 1, 'a-2', []],
    [2, 0, 'a-1', ['remove-etcd-members']],
    [2, 0, 'a-2', ['switchover a-1', 'remove-etcd-members']],
    [1, 0, 'a-2', ['switchover a-1', 'remove-etcd-members']],
    // Nobody can take over: the plan is refused, because the primary would be removed.
    [2, 0, null, ['remove-etcd-members']],
    [0, 2, 'a-1', []],
  ])('from %i to %i replicas with the primary %s: %j first', (from, to, primary, expected) => {
    expect(before(from, to, primary)).toEqual(expected);
  });

  it('switches over to a node that is not observed yet, if no replica is', () => {
    const seen = topology(2, 'a-3');
    const nodes = seen.nodes.map((node) =>
      node.role === 'replica' ? { ...node, role: null } : node,
    );
    const input = { current: spec(2), requested: spec(1), topology: { ...seen, nodes } };
    expect(converge.stages(input)[2]).toMatchObject({ name: 'switchover', node: 'a-1' });
  });

  it('waits for approval before the first stage that changes the cluster', () => {
    for (const [from, to] of [
      [4, 1],
      [2, 0],
    ] as const) {
      const input = { current: spec(from), requested: spec(to), topology: topology(from, 'a-2') };
      const stages = converge.stages(input);
      const first = stages.findIndex(({ needs_approval }) => needs_approval);
      expect(first).toBe(2);
    }
  });
});
