import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../support/postgres-server.ts';
import { TerminalSession } from '../support/terminal-session.ts';

const HATHI = new URL('../../hathi', import.meta.url).pathname;
const CLUSTER = 'orders';
/** One that is left alone while it is made. */
const SECOND = 'billing';
/** One that is cancelled while it is made. */
const THIRD = 'ledger';
const RECORDING = new URL('../../docs/tutorial/session.txt', import.meta.url).pathname;
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
    PAGER: 'cat',
    HATHI_DATA_DIR: dataDirectory,
    HATHI_URL: `http://127.0.0.1:${await freePort()}`,
  };
});

afterAll(async () => {
  if (serverPid > 0) {
    for (const name of [CLUSTER, SECOND, THIRD])
      await hathi('cluster', 'destroy', name, '--confirm', name);
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

const recorded: string[] = [];

/** Keeps what a person typed and saw, without what is of this run alone. */
function record(words: string[], { screen }: TerminalSession): void {
  const typed = words.map((word) => (/^[\w./=-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  const seen = screen
    .replaceAll(dataDirectory, '~/.local/share/hathi')
    .replaceAll(/http:\/\/(127\.0\.0\.1|localhost):\d+/g, 'http://localhost:5000')
    .replaceAll(`kill ${serverPid}`, 'kill 4711');
  recorded.push(`$ hathi ${typed}\n${seen}\n`);
}

/** On a terminal, to its end, and into the recording. */
async function typed(...words: string[]): Promise<string> {
  const session = onTerminal(...words);
  expect(await session.end(), session.text).toBe(0);
  record(words, session);
  return session.text;
}

it('says how to start a server where none answers and nobody can be asked', async () => {
  const { code, stderr } = await hathi('cluster', 'list');
  expect(code).toBe(5);
  expect(stderr).toContain('hathi serve --detach');
});

it('starts a server when asked to, shows the plan, asks, and makes the cluster', async () => {
  const words = ['cluster', 'create', CLUSTER, '--replicas', '1'];
  const session = onTerminal(...words);
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
  record(words, session);
});

it('is a session that a newcomer can follow', async () => {
  expect(await typed('cluster', 'list')).toContain('healthy');
  await typed('cluster', 'show', CLUSTER);
  const query = 'SELECT pg_is_in_recovery()';
  expect(await typed('cluster', 'connect', CLUSTER, '--', '-c', query)).toMatch(/^ f$/m);
  expect(await typed('cluster', 'connect', CLUSTER, '--replica', '--', '-c', query)).toMatch(
    /^ t$/m,
  );
  expect(await typed('cluster', 'verify', CLUSTER)).toContain('is proven');
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

it('verifies it, in plain lines where there is no terminal', async () => {
  const { code, stdout } = await hathi('cluster', 'verify', CLUSTER);
  expect(code).toBe(0);
  expect(stdout).toContain(`Replication of ${CLUSTER} is proven.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what is tested
  expect(stdout).not.toMatch(/\u001b/);
});

it('changes it after a review, and keeps its settings where the plan is declined', async () => {
  const words = ['cluster', 'change', CLUSTER, '--set', 'work_mem=16MB'];
  const unsure = onTerminal(...words);
  await unsure.sees('Apply it?');
  expect(unsure.text).toContain('parameters.work_mem: default → 16MB');
  unsure.types('no\n');
  await unsure.sees('keeps its settings');
  expect(await unsure.end()).toBe(6);
  expect((await hathi('cluster', 'show', CLUSTER)).stdout).not.toContain('work_mem');
  const { code, stdout } = await hathi(...words, '--yes');
  expect(code).toBe(0);
  expect(stdout).toContain(`Cluster ${CLUSTER} is changed, and its replication is proven.`);
  const same = await hathi(...words, '--yes');
  expect(same.stdout).toContain('has these settings already');
});

it('switches over after a question, and replication is verified', async () => {
  const roleLines = async () => (await hathi('cluster', 'show', CLUSTER)).stdout;
  const [, before = ''] = new RegExp(`(${CLUSTER}-\\d) +primary`).exec(await roleLines()) ?? [];
  const words = ['cluster', 'switchover', CLUSTER];
  const unsure = onTerminal(...words);
  await unsure.sees('Switch over?');
  expect(unsure.text).toContain(`Primary: ${before} → `);
  unsure.types('no\n');
  expect(await unsure.end()).toBe(6);
  const next = `${CLUSTER}-${before.endsWith('1') ? 2 : 1}`;
  const { code, stdout } = await hathi(...words, '--to', next, '--yes');
  expect(code).toBe(0);
  expect(stdout).toContain(`${next} is the primary of cluster ${CLUSTER}`);
  expect(await roleLines()).toMatch(new RegExp(`${next} +primary`));
});

it('does not approve the deletion of data by --yes alone, and a declined change is discarded', async () => {
  const change = await hathi('cluster', 'change', CLUSTER, '--replicas', '0', '--yes');
  expect(change.code).toBe(4);
  expect(change.stderr).toContain('--allow-delete-data');
  expect(change.stdout).toContain('only one copy of the data remains');
  const [, id = ''] = /operation cancel ([0-9a-f-]{36})/.exec(change.stderr) ?? [];
  expect((await hathi('operation', 'cancel', id)).code).toBe(0);
  const { stdout } = await hathi('cluster', 'show', CLUSTER);
  expect(stdout).toMatch(/replicas +1/);
  expect(stdout).not.toContain('Running');
});

it('declines to destroy by another name, and does it by its own', async () => {
  const unsure = onTerminal('cluster', 'destroy', CLUSTER);
  await unsure.sees('Type the name');
  unsure.types('other\n');
  expect(await unsure.end()).toBe(6);
  expect((await hathi('cluster', 'destroy', CLUSTER, '--yes')).code).toBe(2);
  const words = ['cluster', 'destroy', CLUSTER];
  const sure = onTerminal(...words);
  await sure.sees('Type the name');
  sure.types(`${CLUSTER}\n`);
  await sure.sees('is destroyed');
  expect(await sure.end()).toBe(0);
  record(words, sure);
  expect(JSON.parse((await hathi('cluster', 'list', '--json')).stdout).clusters).toEqual([]);
});

/** Ctrl-C in the middle of an apply. */
async function interruptedWhileMade(cluster: string): Promise<TerminalSession> {
  const session = onTerminal('cluster', 'create', cluster, '--replicas', '0');
  await session.sees('[y/N/l]');
  session.types('y\n');
  await session.sees('being created');
  session.types('\u0003');
  return session;
}

it('leaves it running at Ctrl-C when told to, and watches it again', async () => {
  const session = await interruptedWhileMade(SECOND);
  await session.sees('(l)eave it running');
  session.types('l\n');
  await session.sees('The operation continues.');
  expect(await session.end()).toBe(6);
  const watched = await hathi('cluster', 'watch', SECOND);
  expect(watched).toMatchObject({ code: 0 });
  expect(watched.stdout).toContain('create-cluster of billing succeeded');
});

it('cancels it at Ctrl-C when told to, and makes it by a retry', async () => {
  const session = await interruptedWhileMade(THIRD);
  await session.sees('(c)ancel it');
  session.types('c\n');
  await session.sees('Cancelling');
  await session.sees('Cancelled. Start it again: hathi operation retry ');
  expect(await session.end()).toBe(6);
  const [id = ''] = /[0-9a-f-]{36}/.exec(session.text.split('operation retry ')[1] ?? '') ?? [];
  expect(JSON.parse((await hathi('operation', 'show', id, '--json')).stdout).state).toBe(
    'cancelled',
  );
  const retried = await hathi('operation', 'retry', id, '--json');
  expect(retried).toMatchObject({ code: 0 });
  const again = JSON.parse(retried.stdout);
  expect(again).toMatchObject({ kind: 'create-cluster', state: 'awaiting-approval' });
  expect(await hathi('operation', 'approve', again.id, '--yes')).toMatchObject({ code: 0 });
  expect((await hathi('cluster', 'verify', THIRD)).stdout).toContain('is proven');
  expect((await hathi('operation', 'retry', again.id)).code).toBe(4);
});

it('makes nothing of a plan that was declined, and frees the name', async () => {
  const session = onTerminal('cluster', 'create', 'never', '--replicas', '0');
  await session.sees('[y/N/l]');
  session.types('n\n');
  await session.sees('is free again');
  expect(await session.end()).toBe(6);
  expect((await hathi('cluster', 'show', 'never')).code).toBe(3);
});

it('stops at the plan in a pipeline, which another step shows and approves', async () => {
  const planned = await hathi(
    'cluster',
    'create',
    'piped',
    '--replicas',
    '0',
    '--plan-only',
    '--json',
  );
  expect(planned).toMatchObject({ code: 0 });
  const { id, state } = JSON.parse(planned.stdout);
  expect(state).toBe('awaiting-approval');
  expect((await hathi('plan', 'show', '--cluster', 'piped')).stdout).toContain('2 to add');
  expect((await hathi('operation', 'approve', id)).code).toBe(2);
  expect((await hathi('operation', 'cancel', id)).code).toBe(0);
  expect((await hathi('cluster', 'forget', 'piped', '--confirm', 'piped')).code).toBe(0);
});

/** `HATHI_RECORD=1` writes it again. Times differ each time; the typed commands must not. */
it('typed what the recorded session shows', async () => {
  const recording = `${recorded.join('\n')}`;
  if (process.env.HATHI_RECORD) await writeFile(RECORDING, recording);
  const commands = (text: string) => text.split('\n').filter((line) => line.startsWith('$ '));
  expect(commands(await readFile(RECORDING, 'utf8'))).toEqual(commands(recording));
});
