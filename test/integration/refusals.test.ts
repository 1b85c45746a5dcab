import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../support/postgres-server.ts';
import { type Answer, ServerProcess } from '../support/server-process.ts';

const run = promisify(execFile);
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** Every refusal is a problem document with a code that the server itself explains. */
async function expectProblem(server: ServerProcess, answer: Answer, status: number, code: string) {
  expect(answer).toMatchObject({ status, body: { code, status, type: `/errors/${code}` } });
  expect(answer.body.detail).toEqual(expect.any(String));
  expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.ts:\d+/);
  const explained = await fetch(`${server.url}${answer.body.type}`);
  expect(explained.status).toBe(200);
}

describe('a server with one small cluster', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start();
    await server.step('/generate-terraform', { replica_count: 0 });
    await server.step('/plan-terraform');
    await server.step('/apply-terraform');
  });
  afterAll(async () => await server?.destroy('default'));

  it.each([
    ['shared_buffers', '128 parsecs', 'PARAMETER_INVALID'],
    ['shared_buffers', '-1MB', 'PARAMETER_INVALID'],
    ['shared_buffers', '900GB', 'PARAMETER_TOO_LARGE'],
    ['shared_bufers', '128MB', 'PARAMETER_UNKNOWN'],
    ['primary_conninfo', 'host=elsewhere', 'PARAMETER_OWNED'],
    ['max_connections', 3, 'PARAMETER_TOO_SMALL'],
    ['server_version', '12', 'PARAMETER_READ_ONLY'],
  ])('refuses %s = %s with %s, and keeps what it had', async (name, value, code) => {
    const before = await server.get('/api/v1/clusters/default');
    const answer = await server.post('/create-ansible-script', { [name]: value });
    await expectProblem(server, answer, 400, code);
    expect(answer.body.errors[0].path).toBe(`/${name}`);
    expect(await server.get('/api/v1/clusters/default')).toEqual(before);
    expect(existsSync(join(server.dataDirectory, 'clusters/default/ansible'))).toBe(false);
  });

  it('suggests the nearest name', async () => {
    const answer = await server.post('/create-ansible-script', { shared_bufers: '128MB' });
    expect(answer.body.detail).toContain('shared_buffers');
  });

  it('names the step that is missing', async () => {
    const answer = await server.post('/execute-ansible-script', {});
    await expectProblem(server, answer, 409, 'STEP_MISSING');
    expect(answer.body.missing).toBe('create-ansible-script');
    const unknown = await server.post('/plan-terraform', { cluster: 'nobody' });
    await expectProblem(server, unknown, 404, 'CLUSTER_NOT_FOUND');
  });

  it('refuses a second server on the same data directory, with the pid of the first', async () => {
    const failed = await run(process.execPath, [MAIN], {
      env: { ...process.env, HATHI_DATA_DIR: server.dataDirectory, HATHI_PORT: '0' },
    }).catch((error) => error);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('DATA_DIRECTORY_LOCKED');
    expect(failed.stderr).toContain(String(server.pid));
  });
});

describe('a machine that lacks something', () => {
  let server: ServerProcess | null = null;
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => await postgres?.stop());
  afterEach(async () => {
    await server?.destroy();
    server = null;
  });

  /** On the one PostgreSQL, since an embedded database takes seconds to make. */
  const startWith = (environment: Record<string, string>) =>
    ServerProcess.start({ DATABASE_URL: postgres.url, ...environment });

  /** Folders of links to every program of PATH but those. */
  async function pathWithout(...missing: string[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'hathi-path-'));
    for (const from of (process.env.PATH ?? '').split(delimiter)) {
      for (const name of await readdir(from).catch(() => [])) {
        if (!missing.includes(name))
          await symlink(join(from, name), join(folder, name)).catch(() => {});
      }
    }
    return folder;
  }

  it('names Terraform and how to get it', async () => {
    server = await startWith({ PATH: await pathWithout('terraform', 'tofu') });
    const answer = await server.post('/generate-terraform', { cluster: 'lacking' });
    await expectProblem(server, answer, 503, 'TOOL_MISSING');
    expect(answer.body.detail).toMatch(/terraform.*make setup/i);
    expect(existsSync(join(server.dataDirectory, 'clusters/lacking/terraform'))).toBe(false);
    expect((await server.get('/ready')).status).toBe(503);
  });

  it('names Docker and how to get it, also when it is only not running', async () => {
    server = await startWith({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
    const answer = await server.post('/generate-terraform', { cluster: 'undocked' });
    await expectProblem(server, answer, 503, 'TOOL_MISSING');
    expect(answer.body.detail).toMatch(/docker/i);
    expect((await server.get('/api/v1/clusters/undocked')).status).toBe(404);
  });

  it('names Ansible and how to get it', async () => {
    server = await startWith({ HATHI_ANSIBLE_PLAYBOOK: '/nonexistent/ansible-playbook' });
    const { status, body } = await server.get('/ready');
    expect(status).toBe(503);
    const check = body.checks.find(({ name }: { name: string }) => name === 'ansible');
    expect(check).toMatchObject({ ready: false, message: expect.stringMatching(/make setup/) });
  });

  it('works the same in an environment full of variables for other programs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hathi-hostile-'));
    const wrapper = join(folder, 'terraform');
    const seen = join(folder, 'environment');
    await writeFile(wrapper, `#!/bin/sh\nenv >>${seen}\nexec terraform "$@"\n`, { mode: 0o755 });
    server = await startWith({
      HATHI_TERRAFORM: wrapper,
      LC_ALL: 'en_US.UTF-8',
      LANGUAGE: 'de',
      PYTHONHOME: folder,
      ANSIBLE_CONFIG: folder,
      TF_CLI_ARGS: '-bogus',
      TF_DATA_DIR: '/nonexistent',
      DOCKER_DEFAULT_PLATFORM: 'linux/s390x',
      PGHOST: 'nowhere.invalid',
      PGSSLMODE: 'verify-full',
      PGOPTIONS: '-c default_transaction_read_only=on',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    });
    const ready = await server.get('/ready');
    expect(ready, JSON.stringify(ready.body)).toMatchObject({ status: 200 });
    await server.step('/generate-terraform', { cluster: 'hostile', replica_count: 0 });
    const { result } = await server.step('/plan-terraform', { cluster: 'hostile' });
    expect(JSON.stringify(result)).not.toBe('');
    const environment = await readFile(seen, 'utf8');
    expect(environment).toMatch(/^LC_ALL=C\.UTF-8$/m);
    expect(environment).not.toMatch(
      /^(LANGUAGE|PG|PYTHON|ANSIBLE|TF_DATA|TF_CLI_ARGS|NODE_|HATHI_)/m,
    );
    await rm(folder, { recursive: true });
  });

  it('says which port is taken and ends', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const folder = await mkdtemp(join(tmpdir(), 'hathi-taken-'));
    const failed = await run(process.execPath, [MAIN], {
      env: {
        ...process.env,
        DATABASE_URL: postgres.url,
        HATHI_DATA_DIR: folder,
        HATHI_PORT: String(port),
      },
    }).catch((error) => error);
    other.close();
    await rm(folder, { recursive: true });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(new RegExp(`PORT_IN_USE.*${port}`));
    expect(failed.stderr).not.toMatch(/\bat .*\.ts:\d+/);
  });

  it('leaves the workspace as it was when the disk is full', async () => {
    expect(process.getuid?.(), 'mounting a small file system needs root').toBe(0);
    const mount = await mkdtemp(join(tmpdir(), 'hathi-full-'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
    try {
      await mkdir(join(mount, 'data'));
      server = await startWith({ HATHI_DATA_DIR: join(mount, 'data') });
      await server.step('/generate-terraform', { replica_count: 0 });
      const main = join(mount, 'data/clusters/default/terraform/main.tf');
      const before = await readFile(main, 'utf8');
      await writeFile(join(mount, 'filler'), Buffer.alloc(2 ** 21)).catch(() => {});
      const answer = await server.post('/generate-terraform', { replica_count: 4 });
      await expectProblem(server, answer, 507, 'DISK_FULL');
      expect(await readFile(main, 'utf8')).toBe(before);
      const beside = await readdir(join(mount, 'data/clusters/default'));
      expect(beside.filter((name) => name.startsWith('.'))).toEqual([]);
      await rm(join(mount, 'filler'));
      await server.step('/generate-terraform', { replica_count: 4 });
      expect(await readFile(main, 'utf8')).not.toBe(before);
    } finally {
      await server?.kill();
      await run('umount', [mount]);
      await rm(mount, { recursive: true });
    }
  });
});
