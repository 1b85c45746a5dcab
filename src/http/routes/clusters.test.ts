import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { aCluster } from '../../../test/support/fake-services.ts';

let fake: FakeApp;
beforeEach(async () => {
  fake = await fakeApp();
  fake.clusters.views.set('default', aCluster('default'));
});
afterEach(() => fake.app.close());

test('clusters are listed and shown', async () => {
  const list = await fake.app.inject('/api/v1/clusters');
  expect(list.json()).toEqual({ clusters: [aCluster('default')], next_cursor: null });
  const one = await fake.app.inject('/api/v1/clusters/default');
  expect(one.json()).toEqual(aCluster('default'));
});

test.each(['', '/connection', '/report'])(
  '%j of a cluster that is not there is 404',
  async (what) => {
    const response = await fake.app.inject(`/api/v1/clusters/other${what}`);
    expect(response.json()).toMatchObject({ code: 'CLUSTER_NOT_FOUND', status: 404 });
  },
);

test('only connection returns the password, and no cache stores it', async () => {
  const connection = await fake.app.inject('/api/v1/clusters/default/connection');
  expect(connection.headers['cache-control']).toBe('no-store');
  const { password } = connection.json();
  for (const path of ['', '/default', '/default/report']) {
    expect((await fake.app.inject(`/api/v1/clusters${path}`)).body).not.toContain(password);
  }
});

test('a cluster that was never verified has no report', async () => {
  const response = await fake.app.inject('/api/v1/clusters/default/report');
  expect(response.json()).toMatchObject({ code: 'REPORT_NOT_FOUND', status: 404 });
});

test('the server is ready if all its dependencies are ready', async () => {
  expect((await fake.app.inject('/health')).json()).toEqual({ status: 'ok' });
  expect((await fake.app.inject('/ready')).statusCode).toBe(200);
  const missing = { name: 'docker', ready: false, message: 'Start Docker.' };
  fake.readiness.list.push(missing);
  const response = await fake.app.inject('/ready');
  expect(response.statusCode).toBe(503);
  expect(response.json()).toMatchObject({ ready: false, checks: [{ ready: true }, missing] });
});

test('every error code is explained at the URL in a problem', async () => {
  const problem = (await fake.app.inject('/nothing')).json();
  const response = await fake.app.inject(problem.type);
  expect(response.json()).toMatchObject({
    code: 'NOT_FOUND',
    status: 404,
    cause: expect.any(String),
  });
  const near = await fake.app.inject('/errors/CLUSTER_BUSSY');
  expect(near.json().detail).toContain('did you mean CLUSTER_BUSY?');
});

test('a response that differs from its description is still sent, and logged', async () => {
  await fake.app.close();
  const lines: string[] = [];
  const { createLogger } = await import('../../adapters/system/logger.ts');
  const logger = createLogger('error', { destination: { write: (line) => void lines.push(line) } });
  fake = await fakeApp({}, { mismatch: 'log', logger });
  fake.clusters.views.set('odd', { ...aCluster('odd'), spec_revision: 'one' as never });
  const response = await fake.app.inject('/api/v1/clusters/odd');
  expect(response.statusCode).toBe(200);
  expect(response.json().spec_revision).toBe('one');
  expect(lines.join()).toContain('spec_revision');
});
