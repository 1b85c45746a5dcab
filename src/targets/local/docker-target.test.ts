import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { runCommand } from '../../adapters/process/run-command.ts';
import type { ClusterSpec } from '../../core/cluster/cluster-spec.ts';
import { createDockerTarget } from './docker-target.ts';
import { localNetwork, NETWORK_INDEXES } from './local-network.ts';

const SPEC: ClusterSpec = {
  name: 'pg',
  target: 'local',
  instance_type: 't2.medium',
  replica_count: 0,
  postgres_version: '17',
  failover_profile: 'fast',
  allow_list: [],
  parameters: {},
};

const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/' };
const target = (changes: Record<string, string> = {}) =>
  createDockerTarget({ assetsRoot: '/', env: { ...env, ...changes } });

it('says how to get Docker where it is not installed', async () => {
  await expect(target({ PATH: '/nonexistent' }).describe()).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    message: expect.stringContaining('Install Docker'),
  });
});

it('says that Docker does not respond where it is not running', async () => {
  const stopped = target({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
  for (const ask of [
    () => stopped.describe(),
    () => stopped.observe({ site: 'abc123', name: 'pg', spec: SPEC }, ['pg-1']),
    () => stopped.freeNetworkIndex([], 'abc123'),
  ]) {
    await expect(ask()).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      message: expect.stringMatching(/does not respond: .*\/nonexistent\/docker.sock/s),
    });
  }
});

it('names the host key of a planned node, and of one that leaves, by its port', () => {
  const network = localNetwork(3);
  const leaving = {
    name: 'pg-2',
    address: '10.198.3.12',
    subnet: '10.198.3.0/24',
    ssh_host: '127.0.0.1',
    ssh_port: network.sshPortOf(2),
    postgres_host: null,
    postgres_port: null,
    zone: null,
    instance_id: null,
  };
  const cluster = {
    ...{ site: 'abc123', name: 'pg', spec: SPEC },
    ...{ network_index: 3, nodes: [leaving] },
  };
  const names = ['pg-1', 'pg-2'].map((node) => target().hostKeyName(cluster as never, node));
  expect(names).toEqual([1, 2].map((number) => `[127.0.0.1]:${network.sshPortOf(number)}`));
});

it('knows what a node can use', async () => {
  const alone = await target().nodeSize({ ...SPEC, replica_count: 0 });
  const shared = await target().nodeSize({ ...SPEC, replica_count: 1 });
  expect(alone.memory_bytes).toBeGreaterThan(2 ** 28);
  // The witness holds no data.
  expect(shared.memory_bytes).toBe(Math.floor(Number(alone.memory_bytes) / 2));
});

it('refuses a PostgreSQL that no image has before it builds anything', async () => {
  const never = {} as Parameters<ReturnType<typeof target>['prepare']>[0];
  await expect(target().prepare(never, '18')).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    details: { available: ['15', '17'] },
  });
});

it('says that a build failed, and forgets it so that the next attempt builds again', async () => {
  let forgotten = 0;
  const failing = {
    run: async () => ({
      exitCode: 1,
      cancelled: false,
      diskWasFull: false,
      stdoutPath: '/dev/null',
      stderrPath: '/dev/null',
    }),
    find: async () => null,
    forget: async () => {
      forgotten += 1;
    },
  };
  await expect(target().prepare(failing, '17')).rejects.toMatchObject({
    code: 'OPERATION_FAILED',
  });
  expect(forgotten).toBe(1);
});

const NETWORK = `hathi-test-${process.pid}`;
afterEach(async () => {
  await runCommand('docker', ['network', 'rm', NETWORK], { env, timeoutSeconds: 30 });
});

it('passes over networks and ports that somebody uses', async () => {
  const site = 'abc123';
  const first = await target().freeNetworkIndex([], site);
  const second = await target().freeNetworkIndex([first], site);
  expect(second).not.toBe(first);

  const busy = createServer().listen(localNetwork(first).sshPortOf(2), '127.0.0.1');
  await once(busy, 'listening');
  expect(await target().freeNetworkIndex([], site)).toBe(second);
  busy.close();

  const create = ['network', 'create', '--subnet', localNetwork(first).subnet, NETWORK];
  const made = await runCommand('docker', create, { env, timeoutSeconds: 30 });
  expect(made).toMatchObject({ exitCode: 0 });
  expect(await target().freeNetworkIndex([], site)).toBe(second);
});

it('begins at places of their own for different sites, and says when all are taken', async () => {
  const sites = ['000001', '0000ff', '00f00d'];
  const found = await Promise.all(sites.map((site) => target().freeNetworkIndex([], site)));
  expect(new Set(found).size).toBe(sites.length);
  const all = Array.from({ length: NETWORK_INDEXES }, (_, index) => index);
  await expect(target().freeNetworkIndex(all, 'abc123')).rejects.toMatchObject({
    code: 'NETWORK_EXHAUSTED',
  });
});
