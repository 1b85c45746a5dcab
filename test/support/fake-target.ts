import type { ClusterSpec } from '../../src/core/cluster/cluster-spec.ts';
import { NO_RESOURCES } from '../../src/core/terraform/addresses.ts';
import type { Target, TargetCluster } from '../../src/ports/target.ts';
import { createAwsTarget } from '../../src/targets/aws/aws-target.ts';
import { localContract } from '../../src/targets/local/contract.ts';

const GIBIBYTE = 2 ** 30;

/** Methods of a target on which nothing exists. */
function fakeMachines() {
  return {
    prepare: async () => 'hathi-node:test',
    preflight: async () => null,
    observe: async (_cluster: TargetCluster, names: readonly string[]) => ({
      nodes: names.map((name) => ({ name, state: 'missing' as const, id: null })),
      network: false,
    }),
    provesDown: async () => false,
    start: async () => {},
    resources: async () => [],
    remove: async () => {},
    freeNetworkIndex: async (taken: readonly number[]) => {
      let index = 0;
      while (taken.includes(index)) index++;
      return index;
    },
    nodeSize: async (_spec: ClusterSpec) => ({
      memory_bytes: 8 * GIBIBYTE,
      disk_bytes: 50 * GIBIBYTE,
    }),
    describe: async () => 'answers',
  } satisfies Partial<Target>;
}

/** A target with room for any number of clusters, on which nothing exists. */
export function fakeTarget(changes: Partial<Target> = {}): Target {
  return {
    ...localContract,
    requirement: 'docker',
    postgresVersions: ['17'],
    isBoundToSite: true,
    protectsByDefault: false,
    moduleResources: NO_RESOURCES,
    account: null,
    nextSettings: () => undefined,
    conflicts: () => [],
    fixedFields: () => [],
    access: () => ({ way: 'loopback' }),
    givenKey: () => null,
    remoteState: () => null,
    notes: () => [],
    configuration: () => ({ settings: [], providers: [], module: null }),
    hostKeyName: (_cluster, node) => node,
    wants: () => true,
    ...fakeMachines(),
    ...changes,
  };
}

/** The settings and rules of `aws`, without an account. */
export function fakeAwsTarget(): Target {
  const defaults = { settings: {}, regions: [] };
  return {
    ...createAwsTarget({} as never, { env: {}, defaults }),
    ...fakeMachines(),
    freeNetworkIndex: async () => null,
  };
}
