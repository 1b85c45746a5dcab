import { afterEach, expect, test } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { createLogger } from '../../adapters/system/logger.ts';

let fake: FakeApp | null = null;
afterEach(async () => {
  await fake?.app.close();
  fake = null;
});

/** Log lines of a server with that level for a read, a failed read, and a change. */
async function logged(level: string): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(level, {
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  fake = await fakeApp({}, { logger });
  const { app, post } = fake;
  await app.inject('/api/v1/clusters');
  await app.inject('/api/v1/clusters/nobody');
  await post('/api/v1/clusters', { name: 'orders' });
  return lines.filter(({ msg }) => msg === 'request completed');
}

const statusesOf = (lines: Record<string, unknown>[]) =>
  lines.map(({ res }) => (res as { statusCode: number }).statusCode);

test('a request is one line, with the request, the response, and its id', async () => {
  const lines = await logged('debug');
  expect(statusesOf(lines)).toEqual([200, 404, 202]);
  expect(lines[0]).toMatchObject({
    reqId: expect.any(String),
    req: { method: 'GET', url: '/api/v1/clusters' },
    responseTime: expect.any(Number),
  });
});

test('a successful read is not logged', async () => {
  expect(statusesOf(await logged('info'))).toEqual([404, 202]);
});
