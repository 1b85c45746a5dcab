import { expect, test } from 'vitest';
import { fakeApp } from '../../../test/support/fake-app.ts';
import { FakeIdempotency } from '../../../test/support/fake-services.ts';

/** Fingerprints of requests with separate keys. */
async function fingerprintsOf(
  ...requests: { url?: string; body?: unknown; headers?: Record<string, string> }[]
): Promise<string[]> {
  const taken: string[] = [];
  const idempotency = new (class extends FakeIdempotency {
    override async take(_key: string, fingerprint?: string) {
      taken.push(String(fingerprint));
      return 'taken' as const;
    }
  })();
  const { app } = await fakeApp({}, { idempotency });
  for (const { url = '/api/v1/clusters/orders', body = {}, headers = {} } of requests) {
    await app.inject({
      method: 'PATCH',
      url,
      headers: { 'idempotency-key': 'k', 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(body),
    });
  }
  await app.close();
  return taken;
}

test('the same request has the same fingerprint in any order of its members', async () => {
  const [one, other, async] = await fingerprintsOf(
    { body: { labels: { a: '1', b: '2' }, deletion_protection: true } },
    { body: { deletion_protection: true, labels: { b: '2', a: '1' } } },
    {
      body: { labels: { a: '1', b: '2' }, deletion_protection: true },
      headers: { prefer: 'respond-async', 'content-type': 'application/json; charset=utf-8' },
    },
  );
  expect(other).toBe(one);
  expect(async).toBe(one);
});

test('another path, body or precondition is another request', async () => {
  const fingerprints = await fingerprintsOf(
    {},
    { url: '/api/v1/clusters/other' },
    { body: { labels: {} } },
    { headers: { 'if-match': '"1"' } },
    { headers: { 'if-match': '"2"' } },
  );
  expect(fingerprints).toHaveLength(5);
  expect(new Set(fingerprints).size).toBe(5);
});
