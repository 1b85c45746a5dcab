import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { listen } from './listen.ts';

let fake: FakeApp;
let port: number;
beforeAll(async () => {
  // Raw connections: no schema describes their responses.
  fake = await fakeApp({}, { mismatch: 'log' });
  const [url = ''] = await listen(fake.app, { host: '127.0.0.1', port: 0 });
  port = Number(new URL(url).port);
});
afterAll(() => fake.app.close());

/** Data from the server until it closes the connection. */
function send(...lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

const status = (text: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);

test.each([
  ['two hosts', ['GET /health HTTP/1.1', 'Host: localhost', 'Host: evil.example']],
  ['the same host twice', ['GET /health HTTP/1.1', 'Host: localhost', 'host: localhost']],
  ['no host', ['GET /health HTTP/1.1']],
  ['no host in HTTP/1.0', ['GET /health HTTP/1.0']],
  ['an empty host', ['GET /health HTTP/1.1', 'Host:']],
  ['the host in the target', ['GET http://localhost/health HTTP/1.1', 'Host: localhost']],
  ['another host in the target', ['GET http://evil.example/ HTTP/1.1', 'Host: localhost']],
  ['no path', ['OPTIONS * HTTP/1.1', 'Host: localhost']],
  [
    'two lengths',
    ['POST /x HTTP/1.1', 'Host: localhost', 'Content-Length: 1', 'Content-Length: 2'],
  ],
])('a request with %s is 400', async (_what, lines) => {
  const response = await send(...lines, 'Connection: close');
  expect(status(response), response).toBe(400);
});

test('one host is accepted, in HTTP/1.0 too', async () => {
  for (const version of ['1.0', '1.1']) {
    const lines = [`GET /health HTTP/${version}`, 'Host: localhost', 'Connection: close'];
    expect(status(await send(...lines))).toBe(200);
  }
});

test.each([
  '/docs/static/../../package.json',
  '/docs/static/../../../etc/passwd',
  '/docs/static/..%2f..%2fpackage.json',
  '/docs/static/%2e%2e/%2e%2e/package.json',
  '/docs/static/..\\..\\package.json',
  '/docs/static/.%00/a',
])('%s is not found', async (path) => {
  const response = await send(`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close');
  expect(status(response), response).toBe(404);
  expect(response).toContain('application/problem+json');
});

test('a path of any length returns a few hundred bytes', async () => {
  const path = `/${'a'.repeat(15_000)}`;
  const response = await send(`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close');
  expect(status(response)).toBe(404);
  expect(response.length).toBeLessThan(1_000);
});
