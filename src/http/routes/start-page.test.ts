import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { aCluster } from '../../../test/support/fake-services.ts';

const TOKEN = 'a-token-for-this-test-alone';
let fake: FakeApp;

beforeEach(async () => {
  fake = await fakeApp();
  fake.clusters.views.set('orders', aCluster('orders'));
});
afterEach(() => fake.app.close());

it('shows the product, its readiness and the clusters, without a script', async () => {
  const { statusCode, headers, body } = await fake.app.inject('/');
  expect(statusCode).toBe(200);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['content-security-policy']).not.toContain('script-src');
  expect(body).toMatch(/The server is (not )?ready\./);
  expect(body).toContain('<td>orders</td><td>not-created</td>');
  expect(body).toContain('href="/docs"');
  expect(body).not.toContain('<script');
});

it('lists no cluster to a caller without the token', async () => {
  const guarded = await fakeApp({ token: TOKEN });
  guarded.clusters.views.set('orders', aCluster('orders'));
  const stranger = await guarded.app.inject('/');
  expect(stranger.statusCode).toBe(200);
  expect(stranger.body).toContain('requires a token');
  expect(stranger.body).not.toContain('orders');
  const known = await guarded.app.inject({
    url: '/',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(known.body).toContain('<td>orders</td>');
  await guarded.app.close();
});

it('is not served under an unknown name of the server', async () => {
  const foreign = await fake.app.inject({ url: '/', headers: { host: 'rebound.example' } });
  expect(foreign.statusCode).toBe(403);
});
