import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { anEvent, anOperation } from '../../../test/support/fake-services.ts';
import { createLogger } from '../../adapters/system/logger.ts';
import { listen } from './listen.ts';
import { NO_LIMITS, type RequestLimits, StreamCount } from './request-limits.ts';

let fake: FakeApp;
afterEach(() => fake.app.close());

const start = async (limits: Partial<RequestLimits>, token: string | null = null) => {
  fake = await fakeApp({ token, limits: { ...NO_LIMITS, ...limits } } as never);
  return fake.app;
};

test('a caller that sends too much receives the time of its next retry', async () => {
  const app = await start({ requestsPerSecond: 1 });
  const from = (remoteAddress: string, url = '/api/v1/clusters') =>
    app.inject({ url, remoteAddress });
  for (let sent = 0; sent < 10; sent++) expect((await from('127.0.0.1')).statusCode).toBe(200);
  for (const url of ['/api/v1/clusters', '/nothing', '/ready']) {
    const response = await from('127.0.0.1', url);
    expect(response.statusCode).toBe(429);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(response.headers['retry-after'])).toBeLessThan(11);
    expect(response.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', maximum_per_second: 1 });
  }
  expect((await from('127.0.0.1', '/health')).statusCode).toBe(200);
  expect((await from('127.0.0.2')).statusCode).toBe(200);
});

test('requests without the token do not use up the limit of its holder', async () => {
  const token = randomBytes(24).toString('hex');
  const app = await start({ requestsPerSecond: 1 }, token);
  const request = async (bearer: string) => {
    const headers = { authorization: `Bearer ${bearer}` };
    return (await app.inject({ url: '/api/v1/clusters', headers })).statusCode;
  };
  const statuses = new Set<number>();
  for (let sent = 0; sent < 20; sent++)
    statuses.add(await request(randomBytes(24).toString('hex')));
  expect([...statuses]).toEqual([401, 429]);
  expect(await request(token)).toBe(200);
});

test('rejected requests write one line, not one each', async () => {
  const lines: string[] = [];
  const logger = createLogger('info', { destination: { write: (line) => void lines.push(line) } });
  fake = await fakeApp({ limits: { ...NO_LIMITS, requestsPerSecond: 1 } } as never, { logger });
  for (let sent = 0; sent < 30; sent++) await fake.app.inject('/api/v1/clusters');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, caller: 'none@127.0.0.1' });
});

test('one caller cannot use all event streams', () => {
  const streams = new StreamCount(5, { ...NO_LIMITS, streamsPerCaller: 2 });
  streams.take('a');
  streams.take('a');
  expect(() => streams.take('a')).toThrow(/HATHI_STREAMS_PER_CALLER/);
  streams.take('b');
  streams.giveBack('a');
  streams.take('a');
  streams.take('b');
  streams.take('c');
  expect(() => streams.take('d')).toThrow(/limit of this server/);
  fake = { app: { close: async () => {} } } as never;
});

test('the limit of streams applies to the route of events', async () => {
  fake = await fakeApp({ limits: { ...NO_LIMITS, streamsPerCaller: 1 } } as never);
  const id = '01940000-0000-7000-8000-000000000001';
  fake.operations.add(anOperation('plan-terraform', { id }));
  const follow = (remoteAddress: string) =>
    fake.app.inject({ url: `/api/v1/operations/${id}/events`, remoteAddress });
  const open = [follow('127.0.0.1'), follow('127.0.0.2')];
  await expect.poll(() => fake.operations.following).toBe(2);
  const rejected = await follow('127.0.0.1');
  expect(rejected.json()).toMatchObject({ code: 'TOO_MANY_STREAMS', status: 429, maximum: 1 });
  expect(Number(rejected.headers['retry-after'])).toBeGreaterThan(0);
  fake.operations.emit(anEvent(1));
  fake.operations.end(id, 'succeeded');
  await Promise.all(open);
});

/** Sends the texts with pauses; returns the response after the server closed the connection. */
async function trickle(port: number, texts: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let response = '';
  socket.on('data', (data) => {
    response += data;
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < texts.length) socket.write(texts[sent++] ?? '');
  }, 100);
  await closed.finally(() => clearInterval(timer));
  return response;
}

const HEAD =
  'POST /plan-terraform HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

test.each([
  ['a body', [`${HEAD}Content-Length: 400\r\n\r\n`, ...new Array(400).fill(' ')], 408],
  [
    'a body in chunks',
    [`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, ...new Array(400).fill('1\r\n \r\n')],
    408,
  ],
  ['headers', [HEAD, ...new Array(400).fill('x: y\r\n')], 408],
  ['nothing', [], null],
])('%s that arrive too slowly end the connection', async (_what, texts, status) => {
  const app = await start({ requestSeconds: 1 });
  const [url = ''] = await listen(app, { host: '127.0.0.1', port: 0 });
  const response = await trickle(Number(new URL(url).port), texts);
  if (status === null) return;
  expect(response).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(response).toContain('"code":"REQUEST_TIMEOUT"');
});
