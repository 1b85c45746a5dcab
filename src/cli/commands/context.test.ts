import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../test/support/command-line.ts';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { readClientSettings } from '../client/settings.ts';

const TOKEN = 'a-token-that-only-tests-know';
const SERVER = 'https://hathi.example.com';

let home: string;
let tokenFile: string;
let environment: Record<string, string>;
const hathi = (...words: string[]) => commandLine(words, environment);
const settings = (more: Record<string, string> = {}, url?: string) =>
  readClientSettings({ ...environment, ...more }, { url });

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hathi-context-'));
  tokenFile = join(home, 'office-token');
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  environment = { HOME: home, HATHI_URL: '' };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

it('keeps contexts in a private file, without their tokens', async () => {
  expect((await hathi('context', 'list')).stdout).toContain('hathi context set');
  await hathi('context', 'set', 'office', `${SERVER}/`, '--token-file', tokenFile);
  await hathi('context', 'set', 'lab', 'http://localhost:5001', '--token-variable', 'LAB_TOKEN');
  const path = join(home, '.config', 'hathi', 'contexts.json');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).not.toContain(TOKEN);
  const { stdout } = await hathi('context', 'list');
  expect(stdout).toMatch(/^\* +office +https:\/\/hathi\.example\.com +in the file /m);
  expect(stdout).not.toContain(TOKEN);
  expect((await hathi('context', 'list', '-o', 'name')).stdout).toBe('lab\noffice\n');
  expect((await hathi('__complete', '--', 'context', 'use', 'o')).stdout).toMatch(/^office\t/);
});

it('uses the current context, and its token for its own server only', async () => {
  await hathi('context', 'set', 'office', SERVER, '--token-file', tokenFile);
  expect(settings()).toEqual({ url: SERVER, token: TOKEN });
  const other = { url: 'http://127.0.0.1:1', token: null };
  expect(settings({}, other.url)).toEqual(other);
  expect(settings({ HATHI_URL: other.url })).toEqual(other);
  expect(settings({ HATHI_PORT: '1' })).toEqual({ url: 'http://localhost:1', token: null });
  expect(settings({ HATHI_TOKEN: 'given' })).toEqual({ url: SERVER, token: 'given' });
});

it('uses another context for one command, with its token', async () => {
  await hathi('context', 'set', 'office', SERVER, '--token-file', tokenFile);
  await hathi('context', 'set', 'lab', 'http://localhost:5001');
  await hathi('context', 'use', 'lab');
  const named = (context: string, url?: string) =>
    readClientSettings({ ...environment, HATHI_URL: 'http://127.0.0.1:1' }, { context, url });
  expect(named('office')).toEqual({ url: SERVER, token: TOKEN });
  expect(() => named('offfice')).toThrow(/offfice/);
  expect(() => named('office', SERVER)).toThrow('--url and --context');
  const { code, stderr } = await hathi('--context', 'lab', 'cluster', 'list');
  expect([code, stderr]).toEqual([5, expect.stringContaining('http://localhost:5001')]);
});

it('does not send the default token to the server of a context', async () => {
  await hathi('context', 'set', 'office', SERVER);
  const path = join(home, '.config', 'hathi', 'token');
  writeFileSync(path, TOKEN, { mode: 0o600 });
  expect(settings()).toEqual({ url: SERVER, token: null });
  await hathi('context', 'remove', 'office');
  expect(settings()).toEqual({ url: 'http://localhost:5000', token: TOKEN });
});

it('takes a token from the variable of the context, and requires it', async () => {
  await hathi('context', 'set', 'lab', SERVER, '--token-variable', 'LAB_TOKEN');
  expect(settings({ LAB_TOKEN: TOKEN })).toEqual({ url: SERVER, token: TOKEN });
  const { code, stderr } = await hathi('cluster', 'list');
  expect(code).toBe(2);
  expect(stderr).toContain('LAB_TOKEN');
});

it('can leave a context whose token cannot be read', async () => {
  await hathi('context', 'set', 'office', SERVER, '--token-file', join(home, 'missing'));
  expect((await hathi('cluster', 'list')).stderr).toContain('cannot be read: ENOENT');
  await hathi('context', 'set', 'lab', 'http://localhost:5001');
  expect((await hathi('context', 'use', 'lab')).code).toBe(0);
  expect(settings().url).toBe('http://localhost:5001');
});

it.each([
  [['context', 'use', 'nobody'], 3, 'no context nobody'],
  [['context', 'remove', 'nobody'], 3, 'hathi context list'],
  [['context', 'set', '__proto__', SERVER], 2, 'name of a context'],
  [['context', 'set', 'office', 'nowhere'], 2, 'http://localhost:5000'],
  [
    ['context', 'set', 'office', SERVER, '--token-file', 'a', '--token-variable', 'B'],
    2,
    'exclude each other',
  ],
])('%j ends with %i and prints %s', async (words, code, text) => {
  const ended = await hathi(...words);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toContain(text);
});

it('stores and prints no password of a URL', async () => {
  const { code, stderr } = await hathi('context', 'set', 'office', 'https://me:hidden@example.com');
  expect(code).toBe(2);
  expect(stderr).not.toContain('hidden');
});

it.each([['{"contexts": {"a": {}}}'], ['[]'], ['{'], ['null']])(
  'reports a file that is not one of contexts (%s)',
  async (text) => {
    await hathi('context', 'set', 'office', SERVER);
    const path = join(home, '.config', 'hathi', 'contexts.json');
    writeFileSync(path, text);
    const { code, stderr } = await hathi('cluster', 'list');
    expect(code).toBe(2);
    expect(stderr).toContain(path);
    chmodSync(path, 0o644);
    expect((await hathi('context', 'list')).stderr).toContain('chmod 600');
  },
);

describe('with a server', () => {
  let fake: FakeApp;
  let url: string;

  beforeEach(async () => {
    fake = await fakeApp();
    await fake.app.listen({ host: '127.0.0.1', port: 0 });
    url = `http://127.0.0.1:${(fake.app.server.address() as AddressInfo).port}`;
    await hathi('context', 'set', 'here', url);
  });
  afterEach(() => fake.app.close());

  it('prints the address of a page', async () => {
    expect((await hathi('open')).stdout).toBe(`${url}/\n`);
    expect((await hathi('open', 'docs')).stdout).toBe(`${url}/docs\n`);
  });

  it('reports the programs of the server apart from those of this machine', async () => {
    const { code, stdout } = await hathi('doctor', '--json');
    const { checks } = JSON.parse(stdout) as {
      checks: { name: string; of: string; required: boolean }[];
    };
    expect(code).toBe(0);
    const local = checks.filter(({ of }) => of === 'machine');
    expect(local.map(({ name }) => name)).not.toContain('data');
    expect(local.some(({ required }) => required)).toBe(false);
    const remote = checks.filter(({ of }) => of === 'server');
    expect(remote.map(({ name }) => name)).toContain('database');
  });
});
