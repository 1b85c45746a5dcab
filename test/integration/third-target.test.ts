/** A target that the product does not know, from its settings in the API to its inventory. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Server, startServer } from '../../src/composition/server.ts';
import { createTargets } from '../../src/composition/targets.ts';
import { readConfig } from '../../src/config.ts';
import { hostsTarget } from '../support/hosts-target.ts';

const HOSTS = ['192.0.2.11', '192.0.2.12', '192.0.2.13'];

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hathi-target-'));
  const { HATHI_TERRAFORM, HATHI_ANSIBLE_PLAYBOOK, PATH, HOME } = process.env;
  const config = readConfig({
    ...{ HATHI_TERRAFORM, HATHI_ANSIBLE_PLAYBOOK, PATH, HOME },
    ...{ HATHI_DATA_DIR: folder, HATHI_PORT: '0', HATHI_LOG_LEVEL: 'error' },
  });
  const targets = new Map([...createTargets(config), [hostsTarget.name, hostsTarget]]);
  server = await startServer(config, targets);
}, 60_000);
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function call(path: string, body?: object) {
  const response = await fetch(`${server.urls[0]}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  // biome-ignore lint/suspicious/noExplicitAny: each test states the shape that it expects.
  return { status: response.status, body: (await response.json()) as any };
}

it('describes its settings in the API', async () => {
  const { body } = await call('/openapi.json');
  const { properties } =
    body.paths['/api/v1/clusters'].post.requestBody.content['application/json'].schema;
  expect(properties.target.enum).toEqual(['local', 'aws', 'hosts']);
  expect(properties.hosts.properties).toHaveProperty('addresses');
});

it('rejects settings that cannot be used, by name', async () => {
  const wanted = { cluster: 'pg', target: 'hosts', replica_count: 2 };
  const two = { ...wanted, hosts: { addresses: HOSTS.slice(1) } };
  expect(await call('/generate-terraform', two)).toMatchObject({
    status: 400,
    body: { errors: [{ path: '/hosts/addresses', message: 'must name 3 machines, not 2' }] },
  });
  const foreign = { ...wanted, target: 'local', hosts: { addresses: HOSTS } };
  expect(await call('/generate-terraform', foreign)).toMatchObject({
    status: 400,
    body: { errors: [{ path: '/hosts' }] },
  });
});

it('goes through Terraform without a module, and gives Ansible its inventory', async () => {
  const request = {
    ...{ cluster: 'pg', target: 'hosts', replica_count: 2 },
    hosts: { addresses: HOSTS, user: 'debian' },
  };
  expect(await call('/generate-terraform', request)).toMatchObject({
    status: 200,
    body: { notes: [expect.stringContaining('ssh/id_ed25519.pub')] },
  });
  expect(await call('/plan-terraform', { cluster: 'pg' })).toMatchObject({
    status: 200,
    body: { changes: [] },
  });
  expect(await call('/apply-terraform', { cluster: 'pg' })).toMatchObject({
    status: 200,
    body: { nodes: HOSTS.map((address) => ({ address, ssh_port: 22 })) },
  });
  const script = await call('/create-ansible-script', { cluster: 'pg', max_connections: 200 });
  expect(script).toMatchObject({ status: 200, body: { inventory: expect.any(String) } });
  for (const address of HOSTS) expect(script.body.inventory).toContain(address);
  const config = await readFile(join(folder, 'clusters/pg/ssh/config'), 'utf8');
  expect(config).toContain('Host pg-1 pg-2 pg-3\n  User debian\n');
  expect(await call('/api/v1/clusters/pg')).toMatchObject({
    body: { spec: { target: 'hosts', hosts: { addresses: HOSTS } }, deletion_protection: true },
  });
}, 120_000);
