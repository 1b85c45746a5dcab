import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../support/postgres-server.ts';
import { TerminalSession } from '../support/terminal-session.ts';

const HATHI = new URL('../../hathi', import.meta.url).pathname;
const CLUSTER = 'shop';
const STOP_SECONDS = 20;

let environment: Record<string, string>;
let dataDirectory: string;
let serverPid = 0;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'hathi-cli-'));
  environment = {
    PATH: process.env.PATH ?? '',
    HOME: dataDirectory,
    TERM: 'xterm',
    HATHI_DATA_DIR: dataDirectory,
    HATHI_URL: `http://127.0.0.1:${await freePort()}`,
  };
});

afterAll(async () => {
  if (serverPid > 0) {
    await hathi('cluster', 'destroy', CLUSTER, '--confirm', CLUSTER);
    process.kill(serverPid, 'SIGTERM');
    for (let second = 0; second < STOP_SECONDS && isAlive(serverPid); second += 1)
      await sleep(1_000);
  }
  await rm(dataDirectory, { recursive: true, force: true });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Without a terminal, as a script runs it. */
async function hathi(...words: string[]): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(HATHI, words, { env: environment }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    }).stdin?.end();
  });
}

function onTerminal(...words: string[]): TerminalSession {
  return new TerminalSession([HATHI, ...words], environment);
}

it('says how to start a server where none answers and nobody can be asked', async () => {
  const { code, stderr } = await hathi('cluster', 'list');
  expect(code).toBe(5);
  expect(stderr).toContain('hathi serve --detach');
});

it('starts a server when asked to, shows the plan, asks, and makes the cluster', async () => {
  const session = onTerminal('cluster', 'create', CLUSTER, '--replicas', '1');
  await session.sees('Start one on this machine? [Y/n]');
  session.types('y\n');
  await session.sees('stop it: kill ');
  serverPid = Number(/kill (\d+)/.exec(session.text)?.[1]);
  await session.sees(`+ node ${CLUSTER}-1`);
  await session.sees('4 to add');
  await session.sees('[y/N/l]');
  session.types('y\n');
  await session.sees('its replication is proven');
  expect(await session.end()).toBe(0);
});

it('lists and shows it', async () => {
  const listed = await hathi('cluster', 'list', '--json');
  const { clusters } = JSON.parse(listed.stdout);
  expect(clusters).toMatchObject([{ name: CLUSTER, status: 'healthy' }]);
  const shown = await hathi('cluster', 'show', CLUSTER);
  expect(shown.stdout).toMatch(new RegExp(`${CLUSTER}-\\d +primary`));
  expect(await hathi('cluster', 'show', 'nobody')).toMatchObject({ code: 3, stdout: '' });
});

it('refuses to make another of that name', async () => {
  const { code, stderr } = await hathi('cluster', 'create', CLUSTER, '--yes');
  expect(code).toBe(4);
  expect(stderr).toContain(CLUSTER);
});

it('connects psql to the primary, and to a replica', async () => {
  const ask = ['--', '-Atc', 'SELECT pg_is_in_recovery()'];
  expect(await hathi('cluster', 'connect', CLUSTER, ...ask)).toMatchObject({
    code: 0,
    stdout: 'f\n',
  });
  expect(await hathi('cluster', 'connect', CLUSTER, '--replica', ...ask)).toMatchObject({
    code: 0,
    stdout: 't\n',
  });
});

it('verifies it, in plain lines where there is no terminal', async () => {
  const { code, stdout } = await hathi('cluster', 'verify', CLUSTER);
  expect(code).toBe(0);
  expect(stdout).toContain(`Replication of ${CLUSTER} is proven.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what is tested
  expect(stdout).not.toMatch(/\u001b/);
});

it('declines to destroy by another name, and does it by its own', async () => {
  const unsure = onTerminal('cluster', 'destroy', CLUSTER);
  await unsure.sees('Type the name');
  unsure.types('other\n');
  expect(await unsure.end()).toBe(6);
  expect((await hathi('cluster', 'destroy', CLUSTER, '--yes')).code).toBe(2);
  const sure = onTerminal('cluster', 'destroy', CLUSTER);
  await sure.sees('Type the name');
  sure.types(`${CLUSTER}\n`);
  await sure.sees('is destroyed');
  expect(await sure.end()).toBe(0);
  expect(JSON.parse((await hathi('cluster', 'list', '--json')).stdout).clusters).toEqual([]);
});
