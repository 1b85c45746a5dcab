// Longer than other files: one table of commands, which share one fake server.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commandLine } from '../../test/support/command-line.ts';
import { type FakeApp, fakeApp } from '../../test/support/fake-app.ts';
import { aCluster, anEvent, anOperation } from '../../test/support/fake-services.ts';
import { EXIT } from './exit-codes.ts';
import { problemError } from './render/failure.ts';
import type { Remedy } from './render/remedy-command.ts';

const NOBODY = '01940000-0000-7000-8000-00000000ffff';

it.each<[Remedy, string]>([
  [{ action: 'create-cluster', cluster: 'a' }, 'hathi cluster create a'],
  [{ action: 'list-clusters' }, 'hathi cluster list'],
  [{ action: 'disable-protection', cluster: 'a' }, 'hathi cluster update a --no-protect'],
  [{ action: 'forget-cluster', cluster: 'a' }, 'hathi cluster forget a'],
  [{ action: 'list-operations' }, 'hathi operation list'],
  [{ action: 'watch-operation', operation: NOBODY }, `hathi operation watch ${NOBODY}`],
  [{ action: 'approve-operation', operation: NOBODY }, `hathi operation approve ${NOBODY}`],
  [{ action: 'cancel-operation', operation: NOBODY }, `hathi operation cancel ${NOBODY}`],
  [{ action: 'retry-operation', operation: NOBODY }, `hathi operation retry ${NOBODY}`],
  [
    { action: 'run-step', step: 'create-ansible-script', cluster: 'a', body: { note: "it's" } },
    `hathi api POST /create-ansible-script '{"cluster":"a","note":"it'\\''s"}'`,
  ],
])('words the remedy %j as a command', (remedy, command) => {
  const { hints } = problemError({ status: 409, remedies: [remedy] });
  expect(hints.join()).toContain(command);
});

describe('without a server', () => {
  it('helps, with every exit code, an example and a first way to go', async () => {
    const { code, stdout } = await commandLine(['--help']);
    expect(code).toBe(0);
    for (const { meaning } of Object.values(EXIT)) expect(stdout).toContain(meaning);
    expect(stdout).toContain('hathi cluster create orders');
    expect((await commandLine([])).stdout).toBe(stdout);
  });

  it.each([
    [['cluster', 'lst'], 'list'],
    [['cluster', 'create'], 'name'],
    [['cluster', 'create', 'a', '--replicas', 'two'], 'whole number'],
    [['cluster', 'create', 'a', '--replicas', '99'], 'from 0 to 15'],
    [['cluster', 'create', 'a', '--postgres', '9'], '15, 16, 17, 18'],
    [['cluster', 'list', '--url', 'nowhere'], 'http://localhost:5000'],
    [['cluster', 'create', 'a'], '--yes'],
    [['cluster', 'create', 'a', '--json'], '--yes'],
    [['operation', 'approve', NOBODY], '--yes'],
    [['plan', 'show'], '--cluster'],
    [['cluster', 'update', 'a'], '--protect'],
  ])('%j is a usage error that says %s', async (words, said) => {
    const { code, stdout, stderr } = await commandLine(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  it('says how to start one, and the same as JSON', async () => {
    const { code, stderr } = await commandLine(['cluster', 'list']);
    expect(code).toBe(5);
    expect(stderr).toContain('hathi serve --detach');
    const asJson = await commandLine(['cluster', 'list', '--json']);
    expect(JSON.parse(asJson.stderr)).toMatchObject({ exit_code: 5 });
  });

  it('takes a reader that has seen enough for no failure', async () => {
    const main = new URL('main.ts', import.meta.url).pathname;
    const words = ['-c', '"$0" "$1" --help | true', process.execPath, main];
    const { stderr } = await promisify(execFile)('sh', words);
    expect(stderr).toBe('');
  });

  it('takes no token from a file that others can read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hathi-token-'));
    const file = join(folder, 'token');
    writeFileSync(file, 'a-token-of-a-test\n');
    chmodSync(file, 0o644);
    const { code, stderr } = await commandLine(['cluster', 'list'], { HATHI_TOKEN_FILE: file });
    rmSync(folder, { recursive: true });
    expect(code).toBe(2);
    expect(stderr).toContain('chmod 600');
  });
});

describe('with a server', () => {
  let fake: FakeApp;
  let hathi: (...words: string[]) => ReturnType<typeof commandLine>;

  beforeEach(async () => {
    fake = await fakeApp();
    await fake.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = fake.app.server.address() as AddressInfo;
    hathi = (...words) => commandLine(words, { HATHI_URL: `http://127.0.0.1:${port}` });
  });
  afterEach(() => fake.app.close());

  it('starts psql without the variables of libpq that the user has set', async () => {
    fake.clusters.views.set('orders', aCluster('orders'));
    const folder = mkdtempSync(join(tmpdir(), 'hathi-psql-'));
    writeFileSync(join(folder, 'psql'), '#!/bin/sh\nenv > "$0.env"\n', { mode: 0o755 });
    const { port } = fake.app.server.address() as AddressInfo;
    const { code, stderr } = await commandLine(['cluster', 'connect', 'orders'], {
      HATHI_URL: `http://127.0.0.1:${port}`,
      PATH: `${folder}:/usr/bin:/bin`,
      PGHOSTADDR: '192.0.2.1',
      PGOPTIONS: '-c search_path=elsewhere',
      PSQL_PAGER: 'less',
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = readFileSync(join(folder, 'psql.env'), 'utf8');
    rmSync(folder, { recursive: true });
    expect(lines).toMatch(/^PSQL_PAGER=less$/m);
    expect(lines).toMatch(/^PGSSLMODE=verify-full$/m);
    expect(lines).not.toMatch(/^(PGHOSTADDR|PGOPTIONS)=/m);
  });

  it('lists clusters as a table and as the API answers them', async () => {
    expect((await hathi('cluster', 'list')).stdout).toContain('hathi cluster create orders');
    fake.clusters.views.set('orders', aCluster('orders'));
    expect((await hathi('cluster', 'list')).stdout).toMatch(/orders +not-created +local/);
    const { stdout } = await hathi('cluster', 'list', '--json');
    expect(JSON.parse(stdout)).toEqual({ clusters: [aCluster('orders')], next_cursor: null });
  });

  it('completes the names of clusters', async () => {
    fake.clusters.views.set('orders', aCluster('orders'));
    const { stdout } = await hathi('__complete', '--', 'cluster', 'show', 'or');
    expect(stdout).toBe('orders\tnot-created\n');
  });

  it('retries what did not succeed', async () => {
    const { id } = fake.operations.add(anOperation('plan-terraform'));
    fake.operations.end(id, 'interrupted');
    const { code, stdout } = await hathi('operation', 'retry', id, '--detach', '--json');
    expect(code).toBe(0);
    const again = JSON.parse(stdout);
    expect(again).toMatchObject({ kind: 'plan-terraform' });
    expect(again.id).not.toBe(id);
  });

  it('prints the names alone', async () => {
    fake.clusters.views.set('orders', aCluster('orders'));
    expect((await hathi('cluster', 'list', '-o', 'name')).stdout).toBe('orders\n');
    const { id } = fake.operations.add(anOperation('plan-terraform'));
    expect((await hathi('operation', 'list', '--output', 'name')).stdout).toBe(`${id}\n`);
    const listed = await hathi('operation', 'list');
    expect(listed.stdout).toContain(id.slice(0, 13));
    expect(listed.stdout).not.toContain(id);
    expect((await hathi('operation', 'show', id, '-o', 'name')).stdout).toBe(`${id}\n`);
    expect((await hathi('cluster', 'describe', 'orders', '-o', 'name')).stdout).toBe('orders\n');
    expect((await hathi('api', 'GET', '/health', '-o', 'name')).code).toBe(2);
    expect(JSON.parse((await hathi('cluster', 'list', '-o', 'json')).stdout)).toHaveProperty(
      'clusters',
    );
  });

  it('sends a request to the API and prints the response', async () => {
    fake.clusters.views.set('orders', aCluster('orders'));
    const { stdout } = await hathi('api', 'get', '/api/v1/clusters/orders');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'orders' });
    const missing = await hathi('api', 'GET', '/api/v1/clusters/missing');
    expect(missing).toMatchObject({ code: 3, stdout: '' });
    expect(missing.stderr).toContain('Cluster missing does not exist.');
    expect((await hathi('api', 'LOOK', '/')).code).toBe(2);
    expect((await hathi('api', 'GET', 'clusters')).code).toBe(2);
    expect((await hathi('api', 'POST', '/plan-terraform', '{')).stderr).toContain('not JSON');
  });

  it('describes a cluster with its last operations', async () => {
    fake.clusters.views.set('default', aCluster('default'));
    fake.operations.add(anOperation('plan-terraform'));
    const { code, stdout } = await hathi('cluster', 'describe', 'default');
    expect(code).toBe(0);
    for (const part of ['status', 'Last operations:', 'plan-terraform']) {
      expect(stdout).toContain(part);
    }
  });

  it('prints the events of an operation, up to the newest', async () => {
    const { id } = fake.operations.add(anOperation('plan-terraform', { last_sequence: 1 }));
    fake.operations.emit(anEvent(1, { data: { message: 'two\nlines' } }));
    const { code, stdout } = await hathi('operation', 'logs', id);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\S+ terraform\.log plan-terraform message=two\\u000alines\n$/);
  });

  it('shows the help of the command that is named', async () => {
    const { stdout } = await hathi('help', 'cluster', 'create');
    expect(stdout).toContain('Usage: hathi cluster create');
    expect((await hathi('help', 'cluster', 'creat')).code).toBe(2);
  });

  it('says in a sentence what is not there', async () => {
    const { code, stderr } = await hathi('cluster', 'show', 'orders');
    expect(code).toBe(3);
    expect(stderr).toBe(
      'Cluster orders does not exist.\n  List the clusters: hathi cluster list\n  Create it: hathi cluster create orders\n',
    );
    expect((await hathi('operation', 'show', NOBODY)).code).toBe(3);
    expect((await hathi('cluster', 'show', 'NOT A NAME')).code).toBe(2);
  });

  it('is refused what cannot be as things are', async () => {
    const { id } = fake.operations.add(anOperation('plan-terraform'));
    const { code, stderr } = await hathi('operation', 'approve', id, '--yes');
    expect(code).toBe(4);
    expect(stderr).toContain('it is running');
  });

  it.each([[], ['--json']])(
    'follows an operation in plain lines, and in lines of JSON (%s)',
    async (...flags) => {
      const { id } = fake.operations.add(anOperation('plan-terraform'));
      fake.operations.emit(
        anEvent(1, { type: 'stage.started' }),
        anEvent(2, { type: 'stage.succeeded', data: { seconds: 0.4 } }),
      );
      const watched = hathi('operation', 'watch', id, ...flags);
      await vi.waitFor(() => expect(fake.operations.following).toBe(1));
      fake.operations.end(id, 'succeeded');
      fake.operations.emit(anEvent(3, { type: 'operation.succeeded', stage: null }));
      const { code, stdout } = await watched;
      expect(code).toBe(0);
      if (flags.length === 0) {
        expect(stdout).toContain('plan-terraform done in 0.4 s\n');
      } else {
        const events = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
        expect(events.map(({ sequence }) => sequence).slice(0, 2)).toEqual([1, 2]);
      }
    },
  );

  it('fails with an operation that failed, and says what to do', async () => {
    const { id } = fake.operations.add(anOperation('plan-terraform'));
    const error = { code: 'TERRAFORM_FAILED', message: 'Terraform said no.', details: {} };
    fake.operations.end(id, 'failed', { error });
    const { code, stderr } = await hathi('operation', 'watch', id);
    expect(code).toBe(1);
    expect(stderr).toContain('Terraform said no.');
    expect(stderr).toContain(`hathi operation retry ${id}`);
  });

  it('rejects the destruction of a protected cluster before it asks for the name', async () => {
    fake.clusters.views.set('orders', { ...aCluster('orders'), deletion_protection: true });
    const { code, stdout, stderr } = await hathi('cluster', 'destroy', 'orders');
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('hathi cluster update orders --no-protect');
  });

  it('destroys nothing without the name', async () => {
    fake.clusters.views.set('orders', aCluster('orders'));
    expect((await hathi('cluster', 'destroy', 'orders', '--yes')).code).toBe(2);
    expect((await hathi('cluster', 'destroy', 'orders', '--confirm', 'order')).code).toBe(2);
    expect(fake.operations.submissions).toEqual([]);
    expect((await hathi('cluster', 'destroy', 'orders', '--confirm', 'orders', '-d')).code).toBe(0);
    expect(fake.operations.submissions).toMatchObject([{ step: 'destroy-terraform' }]);
  });
});

describe('with a server that asks for a token', () => {
  const TOKEN = 'a-token-that-only-tests-know';
  let fake: FakeApp;
  let url: string;

  beforeEach(async () => {
    fake = await fakeApp({ token: TOKEN });
    await fake.app.listen({ host: '127.0.0.1', port: 0 });
    url = `http://127.0.0.1:${(fake.app.server.address() as AddressInfo).port}`;
  });
  afterEach(() => fake.app.close());

  it('gives the one that it was given, by its variable or by a file', async () => {
    const words = ['cluster', 'list', '--json'];
    expect(await commandLine(words, { HATHI_URL: url, HATHI_TOKEN: TOKEN })).toMatchObject({
      code: 0,
    });
    const folder = mkdtempSync(join(tmpdir(), 'hathi-token-'));
    const file = join(folder, 'token');
    writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
    const byFile = await commandLine(words, { HATHI_URL: url, HATHI_TOKEN_FILE: file });
    rmSync(folder, { recursive: true });
    expect(byFile).toMatchObject({ code: 0 });
  });

  it.each([{}, { HATHI_TOKEN: 'another-token-of-some-length' }])(
    'says what is missing or wrong (%j)',
    async (environment: Record<string, string>) => {
      const { code, stdout, stderr } = await commandLine(['cluster', 'list'], {
        HATHI_URL: url,
        ...environment,
      });
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toContain('HATHI_TOKEN');
      expect(stderr).not.toContain(TOKEN);
    },
  );
});
