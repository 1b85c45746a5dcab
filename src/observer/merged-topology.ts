import type { Topology } from '../core/cluster/topology.ts';

/**
 * The roles to store with a cluster, for plans: a node whose role is not known now keeps its last role,
 * except a former primary after another one was observed.
 */
export function mergedTopology(stored: Topology | null, observed: Topology): Topology {
  const before = new Map((stored?.nodes ?? []).map(({ name, role }) => [name, role]));
  return {
    ...observed,
    primary: observed.primary ?? stored?.primary ?? null,
    nodes: observed.nodes.map(({ name, role }) => {
      const last = before.get(name) ?? null;
      const isFormer = last === 'primary' && observed.primary !== null && observed.primary !== name;
      return { name, role: role ?? (isFormer ? null : last) };
    }),
  };
}
