/**
 * A third target: machines that exist already. It needs this file alone, without a Terraform module,
 * and shows that nothing else in the product names a target.
 */
import { z } from 'zod';
import type { ClusterSpec } from '../../src/core/cluster/cluster-spec.ts';
import { plannedNodes } from '../../src/core/cluster/topology.ts';
import { invalidFields } from '../../src/core/field-errors.ts';
import { NO_RESOURCES } from '../../src/core/terraform/addresses.ts';
import type { HclValue } from '../../src/core/terraform/hcl.ts';
import type { Target } from '../../src/ports/target.ts';

const GIBIBYTE = 2 ** 30;
const addresses = z.array(z.ipv4()).min(1).max(16);
const stored = z.strictObject({ addresses, user: z.string().default('root') });

declare module '../../src/core/cluster/cluster-spec.ts' {
  interface TargetSettings {
    hosts?: z.infer<typeof stored> | undefined;
  }
}

const settingsOf = (spec: ClusterSpec) => stored.parse(spec.hosts);

export const hostsTarget: Target = {
  name: 'hosts',
  settings: {
    stored,
    changes: z.strictObject({ addresses: addresses.optional(), user: z.string().optional() }),
    description: 'Machines that exist, in the order of the nodes.',
  },
  requirement: 'ssh',
  postgresVersions: ['17'],
  isBoundToSite: false,
  protectsByDefault: true,
  moduleResources: NO_RESOURCES,
  account: null,

  nextSettings: (current, change) => ({ ...current?.hosts, ...change }),
  conflicts(spec) {
    const wanted = plannedNodes(spec).length;
    const given = settingsOf(spec).addresses.length;
    if (given === wanted) return [];
    const message = `must name ${wanted} machines, not ${given}`;
    return [{ path: '/hosts/addresses', message, expected: `${wanted} addresses` }];
  },
  fixedFields: () => [],
  access: (spec) => ({ way: 'ssh', user: settingsOf(spec).user, jump: null }),
  givenKey: () => null,
  remoteState: () => null,
  notes: () => ['The machines must accept the key in ssh/id_ed25519.pub.'],

  configuration({ spec }) {
    const { addresses: hosts } = settingsOf(spec);
    const nodes = plannedNodes(spec).map(({ name, witness }, at): [string, HclValue] => [
      name,
      {
        name,
        address: hosts[at] ?? null,
        subnet: `${hosts[at]}/32`,
        ssh_host: hosts[at] ?? null,
        ssh_port: 22,
        postgres_host: witness ? null : (hosts[at] ?? null),
        postgres_port: witness ? null : 5432,
      },
    ]);
    return {
      settings: [],
      providers: [],
      module: null,
      outputs: { nodes: Object.fromEntries(nodes), network: 'hosts' },
    };
  },
  hostKeyName: (_cluster, node) => node,
  wants: () => false,

  prepare: async () => null,
  preflight: async () => null,
  observe: async (_cluster, nodes) => ({
    nodes: nodes.map((name) => ({ name, state: 'running', id: null })),
    network: true,
  }),
  // Nothing can prove that a machine of somebody else is down.
  provesDown: async () => false,
  async start() {
    throw invalidFields([{ path: '/hosts', message: 'cannot be started' }]);
  },
  resources: async () => [],
  remove: async () => {},
  freeNetworkIndex: async () => null,
  nodeSize: async () => ({ memory_bytes: 4 * GIBIBYTE, disk_bytes: 20 * GIBIBYTE }),
  describe: async () => 'ready',
};
