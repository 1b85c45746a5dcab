import { closeSync, existsSync, openSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { fakeApp } from '../../../test/support/fake-app.ts';
import { createLogger, openLog } from './logger.ts';

const SECRET = 'a-secret-that-only-tests-know';

function logger(secrets: string[] = []) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, log: createLogger('trace', { destination, secrets }) };
}

test('a token reaches no line of the log', async () => {
  const { lines, log } = logger();
  const { app } = await fakeApp({ token: SECRET }, { logger: log });
  const headers = { authorization: `Bearer ${SECRET}` };
  const response = await app.inject({ url: `/nothing?token=${SECRET}&limit=1`, headers });
  await app.close();
  expect(lines.join('')).not.toContain(SECRET);
  expect(lines.join('')).toContain('/nothing?token=[redacted]&limit=1');
  expect(lines.join('')).toContain(response.json().request_id);
});

const uri = `postgresql://hathi:${SECRET}@db:5432/hathi`;

test.each([
  ['a header', { headers: { authorization: `Bearer ${SECRET}` } }],
  ['a header, deep down', { a: { req: { headers: { Authorization: SECRET, cookie: SECRET } } } }],
  ['a password', { spec: { nodes: [{ superuser_password: SECRET }] } }],
  ['a password with quotes', { password: `"\\${SECRET}"` }],
  ['a token', { token: SECRET }],
  ['a connection URI', { database: uri }],
  ['a connection URI in an error', { err: new Error(`could not reach ${uri}`) }],
  ['a connection URI without a user', { database: `postgres://:${SECRET}@db` }],
  ['an address', { url: `/a?x=1&access_token=${SECRET}#b` }],
])('%s is left out, and the line is still JSON', (_name, facts) => {
  const { lines, log } = logger();
  log.info(facts, 'by mistake');
  log.child(facts).info('by mistake, in a child');
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line).not.toContain(SECRET);
    expect(JSON.parse(line).msg).toContain('by mistake');
  }
});

test('a connection URI in a message keeps what helps', () => {
  const { lines, log } = logger();
  log.warn(`asking ${uri}, see https://example.org/a:b@c`);
  expect(JSON.parse(lines.join('')).msg).toBe(
    'asking postgresql://hathi:[redacted]@db:5432/hathi, see https://example.org/a:b@c',
  );
});

test.each([
  ['in the path', (token: string) => `/errors/${token}`],
  [
    'percent-encoded',
    (token: string) => `/a/${token.replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`,
  ],
  ['in a query', (token: string) => `/a?cursor=x${token}y`],
])('the token of the server %s reaches no line', async (_where, urlOf) => {
  const { lines, log } = logger([SECRET]);
  log.info({ req: { url: urlOf(SECRET) } }, `Nothing is served at ${urlOf(SECRET)}`);
  log.error({ err: new Error(urlOf(SECRET)) }, 'failed');
  expect(lines.join('')).not.toContain(urlOf(SECRET));
  expect(lines.join('')).toContain('[redacted]');
});

test('a long text is cut, and the secrets of what is left are removed', () => {
  const { lines, log } = logger([SECRET]);
  const long = `/${'a'.repeat(15_800)}`;
  log.info({ req: { url: long }, list: new Array(10_000).fill(1), uri: `${uri}${long}` }, SECRET);
  log.info(`postgres://user:${'p'.repeat(5_000)}@db`);
  for (const line of lines) expect(line.length).toBeLessThan(10_000);
  const [first, second] = lines.map((line) => JSON.parse(line));
  expect(first.req.url).toBe(`${long.slice(0, 2_048)}… (15801 characters)`);
  expect(first.list).toHaveLength(200);
  expect(lines.join('')).not.toContain(SECRET);
  expect(second.msg).toBe('postgres://user:[redacted]@… (5019 characters)');
});

test('no line contains a character that a terminal obeys', () => {
  const { lines, log } = logger();
  const text = 'a\u001b[2J\u009b31m\u202egnp\u2066\u200f\u0007\u007f';
  log.info({ label: text }, text);
  expect(lines[0]).toMatch(/^[\x20-\x7e]*\n$/);
  expect(JSON.parse(lines[0] ?? '').msg).toBe(text);
});

test.runIf(existsSync('/dev/full'))('loses lines on a full disk, and nothing else', async () => {
  const fd = openSync('/dev/full', 'w');
  const log = createLogger('info', { destination: openLog(fd) });
  const uncaught = vi.fn();
  process.once('uncaughtException', uncaught);
  for (let line = 0; line < 2_000; line++) log.info('x'.repeat(1_000));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('uncaughtException', uncaught);
  closeSync(fd);
  expect(uncaught).not.toHaveBeenCalled();
});
