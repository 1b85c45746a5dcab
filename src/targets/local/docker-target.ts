import { statfs } from 'node:fs/promises';
import { plannedNodes } from '../../core/cluster/topology.ts';
import type { LabelledResource } from '../../core/resources.ts';
import type { MachineState, Target } from '../../ports/target.ts';
import { localContract } from './contract.ts';
import { createDocker, type Docker, rowsOf } from './docker.ts';
import { freeNetworkIndex } from './free-network.ts';
import { localMain } from './local-main.ts';
import { localNetwork } from './local-network.ts';
import { LOCAL_RESOURCES } from './module-resources.ts';
import { createNodeImages, IMAGE_VERSIONS } from './node-image.ts';

const GIBIBYTE = 2 ** 30;
/** States of a container in which none of its processes exists. */
const PROOF_OF_DEATH: readonly string[] = ['exited', 'dead'];

export interface DockerTargetOptions {
  /** Absolute path of the project folder that contains `images/node`. */
  assetsRoot: string;
  /** PATH, HOME, and the variables for Docker and proxies. No other variables are passed on. */
  env: Record<string, string>;
}

export interface DockerTarget extends Target {
  /** Never null: every local cluster needs a block of addresses and ports. */
  freeNetworkIndex(taken: readonly number[], site: string): Promise<number>;
}

/** Creates the target that runs nodes as containers of the Docker daemon on this machine. */
export function createDockerTarget({ assetsRoot, env }: DockerTargetOptions): DockerTarget {
  const docker = createDocker(env);
  const images = createNodeImages(docker, assetsRoot, env);

  function labelled(site: string, cluster: string): string[] {
    return ['--filter', `label=hathi.site=${site}`, '--filter', `label=hathi.cluster=${cluster}`];
  }

  async function networks(site: string, cluster: string): Promise<LabelledResource[]> {
    const format = '{{.Name}}\t{{.Label "hathi.operation"}}';
    const listed = await docker('network', 'ls', ...labelled(site, cluster), '--format', format);
    return rowsOf(listed).map(([name = '', operation = '']) => ({
      kind: 'network',
      name,
      node: null,
      operation_id: operation,
      remove: `docker network rm ${name}`,
    }));
  }

  async function containers(site: string, cluster: string) {
    const format =
      '{{.ID}}\t{{.Names}}\t{{.State}}\t{{.Label "hathi.node"}}\t{{.Label "hathi.operation"}}';
    const listed = await docker(
      'ps',
      '--all',
      '--no-trunc',
      ...labelled(site, cluster),
      '--format',
      format,
    );
    return rowsOf(listed).map(([id = '', name = '', state = '', node = '', operation = '']) => ({
      id,
      name,
      state,
      node,
      operation,
    }));
  }

  return {
    ...localContract,
    requirement: 'docker',
    postgresVersions: IMAGE_VERSIONS,
    isBoundToSite: true,
    protectsByDefault: false,
    moduleResources: LOCAL_RESOURCES,
    account: null,

    nextSettings: () => undefined,
    conflicts: () => [],
    // All containers share one machine, so the instance type does not matter.
    fixedFields: () => [],
    access: () => ({ way: 'loopback' }),
    givenKey: () => null,
    remoteState: () => null,
    notes: (spec) => [
      `instance_type ${spec.instance_type} is recorded; on the local target it sizes nothing: the nodes share this machine.`,
    ],

    configuration: localMain,
    hostKeyName({ network_index, spec, nodes }, node) {
      const planned = plannedNodes(spec).find(({ name }) => name === node);
      const port =
        planned === undefined
          ? nodes?.find(({ name }) => name === node)?.ssh_port
          : localNetwork(network_index ?? 0).sshPortOf(planned.ordinal);
      return `[127.0.0.1]:${port}`;
    },
    wants: (spec, { node }) =>
      node === null || plannedNodes(spec).some(({ name }) => name === node),

    prepare: images.prepare,
    freeNetworkIndex: (taken, site) => freeNetworkIndex(docker, taken, site),

    async observe({ site, name: cluster }, nodes) {
      const [found, network] = await Promise.all([
        containers(site, cluster),
        networks(site, cluster),
      ]);
      const byNode = new Map(found.map((container) => [container.node, container]));
      const observed = nodes.map((name): MachineState => {
        const container = byNode.get(name);
        if (!container || container.state === 'removing') {
          return { name, state: 'missing', id: null };
        }
        return { name, state: stateOf(container.state), id: container.id };
      });
      return { nodes: observed, network: network.length > 0 };
    },

    async provesDown({ site, name: cluster }, node) {
      const found = await containers(site, cluster);
      const container = found.find((one) => one.node === node.name);
      if (container) return PROOF_OF_DEATH.includes(container.state);
      // Another daemon has no container of the cluster at all.
      return found.some(({ state }) => state === 'running');
    },

    async start({ site, name: cluster }, nodes) {
      const found = await containers(site, cluster);
      const names = found.filter(({ node }) => nodes.includes(node)).map(({ name }) => name);
      if (names.length > 0) await docker('start', ...names);
    },

    async resources({ site, name: cluster }) {
      const [found, network] = await Promise.all([
        containers(site, cluster),
        networks(site, cluster),
      ]);
      return [
        ...found.map(
          ({ name, node, operation }): LabelledResource => ({
            kind: 'node',
            name,
            node,
            operation_id: operation,
            remove: `docker rm --force --volumes ${name}`,
          }),
        ),
        ...network,
      ];
    },

    async remove(_cluster, resources) {
      const nodes = resources.filter(({ kind }) => kind === 'node').map(({ name }) => name);
      const rest = resources.filter(({ kind }) => kind === 'network').map(({ name }) => name);
      if (nodes.length > 0) await docker('rm', '--force', '--volumes', ...nodes);
      if (rest.length > 0) await docker('network', 'rm', ...rest);
    },

    preflight: async () => null,

    async nodeSize(spec) {
      const { memoryBytes, diskBytes } = await machineOf(docker);
      const nodes = plannedNodes(spec).filter(({ witness }) => !witness).length;
      return {
        memory_bytes: Math.floor(memoryBytes / nodes),
        disk_bytes: diskBytes === null ? null : Math.floor(diskBytes / nodes),
      };
    },

    async describe() {
      const { memoryBytes } = await machineOf(docker);
      return `answers, ${(memoryBytes / GIBIBYTE).toFixed(1)} GiB of memory`;
    },
  };
}

/**
 * Returns the resources that the nodes share. `diskBytes` is null if Docker does not report the
 * disk, e.g. Docker Desktop.
 */
async function machineOf(
  docker: Docker,
): Promise<{ memoryBytes: number; diskBytes: number | null }> {
  const told = await docker('info', '--format', '{{.MemTotal}}\t{{.DockerRootDir}}');
  const [memory, root = '/'] = rowsOf(told)[0] ?? [];
  // Docker Desktop keeps this folder inside a virtual machine, where the server cannot read it.
  const disk = await statfs(root).catch(() => null);
  return { memoryBytes: Number(memory), diskBytes: disk && disk.bavail * disk.bsize };
}

/** A paused container counts as running: its processes continue after the pause. */
function stateOf(state: string): MachineState['state'] {
  return ['running', 'paused', 'restarting'].includes(state) ? 'running' : 'stopped';
}
