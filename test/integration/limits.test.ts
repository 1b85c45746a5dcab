import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.startWithFakeStages();
}, 180_000);
afterAll(() => server?.destroy());

const many = (count: number, name: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}${index}`, 1]));

/** The most expensive requests that are accepted for validation. */
const EXPENSIVE: [path: string, body: unknown][] = [
  ['/create-ansible-script', many(500, `${'checkpoint_completion_target_'.repeat(2)}`)],
  ['/api/v1/clusters', { name: 'a', parameters: many(500, 'max_wal_senders_and_more_than_that_') }],
  ['/generate-terraform', many(11_000, 'replica_count')],
  ['/generate-terraform', { allow_list: new Array(20_000).fill('10.0.0.0') }],
  [`/${'a'.repeat(15_800)}`, {}],
];
const ROUNDS = 20;

/** The statuses; null if the server ended before its response. */
function flood(): Promise<number | null>[] {
  return Array.from({ length: ROUNDS }, () => EXPENSIVE).flatMap((requests) =>
    requests.map(([path, body]) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }).then(
        async (response) => {
          expect((await response.text()).length).toBeLessThan(20_000);
          return response.status;
        },
        () => null,
      ),
    ),
  );
}

it('ends at SIGTERM while it rejects 100 expensive requests', async () => {
  const before = (await fetch(`${server.url}/health`)).status;
  expect(before).toBe(200);
  const statuses = flood();
  const health = fetch(`${server.url}/health`).then(
    ({ status }) => status,
    () => null,
  );
  await Promise.race(statuses);
  await server.stop();
  // Neither the server's own limit of 10 s nor SIGKILL ended it.
  expect(server.exit).toEqual({ code: 0, signal: null });
  for (const status of await Promise.all(statuses)) expect(status ?? 400).toBeLessThan(500);
  expect([200, null]).toContain(await health);
});
