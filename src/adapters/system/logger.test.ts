import { expect, test } from 'vitest';
import { fakeApp } from '../../../test/support/fake-app.ts';
import { createLogger } from './logger.ts';

const SECRET = 'a-secret-that-only-tests-know';

function logger() {
  const lines: string[] = [];
  return { lines, log: createLogger('trace', { write: (line) => void lines.push(line) }) };
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
