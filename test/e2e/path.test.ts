import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { curlOfReadme } from '../support/readme-lines.ts';
import { ServerProcess } from '../support/server-process.ts';

const run = promisify(execFile);
const ANSIBLE_PLAYBOOK = new URL('../../.tools/venv/bin/ansible-playbook', import.meta.url)
  .pathname;

let server: ServerProcess;
let site: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  site = (await readFile(join(server.dataDirectory, 'site'), 'utf8')).trim();
});
afterAll(async () => await server?.destroy('default', 'second'));

const curl = (words: string) => curlOfReadme(server.url, words);

async function labelled(kind: 'ps' | 'network' | 'volume', cluster?: string): Promise<string[]> {
  const { stdout } = await run('docker', [
    ...(kind === 'ps' ? ['ps', '--all'] : [kind, 'ls']),
    ...['--filter', `label=hathi.site=${site}`, '--quiet'],
    ...(cluster ? ['--filter', `label=hathi.cluster=${cluster}`] : []),
  ]);
  return stdout.split('\n').filter(Boolean);
}

async function psql(uri: string, statement: string): Promise<string> {
  const { stdout } = await run('psql', [uri, '-XAtc', statement]);
  return stdout.trim();
}

it('goes from the five lines of the README to a replicated cluster', async () => {
  const generated = await curl('generate-terraform');
  expect(generated.notes.join(' ')).toMatch(/instance_type t2\.medium is recorded/);
  const planned = await curl('plan-terraform');
  expect(planned.summary).toMatchObject({ add: 4, change: 0, destroy: 0 });
  const applied = await curl('apply-terraform');
  expect(applied.nodes).toHaveLength(3);
  const created = await curl('create-ansible-script');
  expect(created.parameters).toContainEqual(
    expect.objectContaining({ name: 'max_connections', value: '200', source: 'spec' }),
  );
  const executed = await curl('execute-ansible-script');
  expect(Object.keys(executed.recap)).toEqual(['default-1', 'default-2', 'default-3']);
  const report = await curl('verify-replication');
  expect(report.passed).toBe(true);
});

it('shows a row written on the primary to psql on both replicas, with the settings asked for', async () => {
  const connection = await curl('/connection');
  await psql(connection.uri, 'create table seen (word text); insert into seen values (42)');
  const replicas = connection.nodes.filter(({ role }: { role: string }) => role === 'replica');
  expect(replicas).toHaveLength(2);
  for (const { uri } of replicas) {
    await expect
      .poll(() => psql(uri, 'select word from seen').catch(() => ''), { timeout: 10_000 })
      .toBe('42');
  }
  for (const { uri } of connection.nodes) {
    expect(await psql(uri, 'show max_connections')).toBe('200');
    expect(await psql(uri, 'show shared_buffers')).toBe('128MB');
  }
});

it('changes nothing when every step is asked for again', async () => {
  const applied = await server.step('/apply-terraform');
  expect(applied.resources).toMatchObject({ added: 4 }); // The outcome of the one apply there was.
  expect((await server.step('/plan-terraform')).summary.empty).toBe(true);
  expect((await server.step('/apply-terraform')).resources).toEqual({
    added: 0,
    changed: 0,
    destroyed: 0,
  });
  await server.step('/create-ansible-script', { max_connections: 200, shared_buffers: '128MB' });
  expect((await server.step('/execute-ansible-script')).changed).toBe(0);
});

it('leaves a workspace that works by hand', async () => {
  const workspace = join(server.dataDirectory, 'clusters', 'default');
  const { stdout: plan } = await run('terraform', [
    `-chdir=${join(workspace, 'terraform')}`,
    'plan',
    '-no-color',
  ]);
  expect(plan).toContain('No changes');
  const { stdout: play } = await run(ANSIBLE_PLAYBOOK, ['-i', 'inventory/hosts', 'main.yml'], {
    cwd: join(workspace, 'ansible'),
    env: { ...process.env, ANSIBLE_STDOUT_CALLBACK: 'default', ANSIBLE_NOCOLOR: '1' },
  });
  expect(play.match(/changed=(\d+)/g)).toEqual(['changed=0', 'changed=0', 'changed=0']);
});

it('refuses a second operation on a busy cluster, while another cluster goes on beside it', async () => {
  const busy = await server.post('/execute-ansible-script', {}, { prefer: 'respond-async' });
  expect(busy.status).toBe(202);
  const refused = await server.post('/plan-terraform', {});
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'CLUSTER_BUSY', operation: busy.body.id },
  });
  await server.step('/generate-terraform', { cluster: 'second', replica_count: 0 });
  await server.step('/plan-terraform', { cluster: 'second' });
  const { nodes } = await server.step('/apply-terraform', { cluster: 'second' });
  expect(nodes).toHaveLength(1);
  await server.follow(busy.body.id);
});

it('notices a node that vanished behind its back, makes it again, and it rejoins', async () => {
  const before = await server.get('/api/v1/clusters/default');
  const replica = before.body.topology.nodes.find(
    ({ role }: { role: string }) => role === 'replica',
  );
  await run('docker', ['rm', '--force', '--volumes', `hathi-${site}-${replica.name}`]);
  const planned = await server.step('/plan-terraform');
  expect(planned.summary).toMatchObject({ replace: 1, empty: false });
  await server.step('/apply-terraform');
  await server.step('/create-ansible-script');
  await server.step('/execute-ansible-script');
  expect((await server.step('/verify-replication')).passed).toBe(true);
});

it('shows what a removal of too many nodes would lose, applies none of it, and stays healthy', async () => {
  await server.step('/generate-terraform', { replica_count: 0 });
  const planned = await server.step('/plan-terraform');
  const { topology } = (await server.get('/api/v1/clusters/default')).body;
  expect(planned.changes).toHaveLength(2);
  for (const { node, role, effect } of planned.changes) {
    const seen = topology.nodes.find(({ name }: { name: string }) => name === node);
    expect({ node, role, effect }).toEqual({ node, role: seen.role, effect: 'loses-data' });
  }
  expect(planned.refusals).toContainEqual(
    expect.objectContaining({ reason: 'removes-etcd-majority' }),
  );
  const refused = await server.post('/apply-terraform', {});
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'PLAN_REFUSED', refusals: planned.refusals },
  });
  expect(refused.body.remedies[0]).toMatchObject({
    request: 'POST /generate-terraform {"replica_count":2}',
  });
  await server.step('/generate-terraform', { replica_count: 2 });
  expect((await server.step('/plan-terraform')).summary).toMatchObject({ empty: true });
  await server.step('/apply-terraform');
  expect((await server.step('/verify-replication')).passed).toBe(true);
});

it('refuses to apply a plan of an older spec', async () => {
  await server.step('/plan-terraform');
  await server.step('/generate-terraform', { replica_count: 3 });
  const { status, body } = await server.post('/apply-terraform', {});
  expect(status).toBe(409);
  expect(body.code).toBe('PLAN_STALE');
  await server.step('/generate-terraform', { replica_count: 2 });
});

it('destroys both clusters and leaves nothing in Docker', async () => {
  const unconfirmed = await server.post('/destroy-terraform', { confirm: 'something else' });
  expect(unconfirmed.status).toBe(400);
  expect(await labelled('ps')).toHaveLength(4);
  await curl('destroy-terraform');
  expect(await labelled('ps', 'default')).toEqual([]);
  expect(await labelled('ps', 'second')).toHaveLength(1);
  await server.step('/destroy-terraform', { cluster: 'second', confirm: 'second' });
  expect([...(await labelled('ps')), ...(await labelled('network'))]).toEqual([]);
  const gone = await server.get('/api/v1/clusters/default');
  expect(gone.status).toBe(404);
});
