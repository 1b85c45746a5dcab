import { randomBytes } from 'node:crypto';
import { createHathiClient } from '@hathi/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.ts';

const token = randomBytes(24).toString('hex');
let server: ServerProcess;

beforeAll(async () => {
  server = await ServerProcess.startWithFakeStages({ HATHI_HOST: '0.0.0.0', HATHI_TOKEN: token });
}, 120_000);
afterAll(() => server?.destroy());

const ask = async (path: string, headers: Record<string, string> = {}) =>
  (await fetch(server.url + path, { headers })).status;

it('rejects every caller without it, except for what is public', async () => {
  for (const path of ['/health', '/', '/openapi.json', '/docs']) {
    expect(await ask(path), path).toBe(200);
  }
  for (const path of ['/api/v1/clusters', '/metrics', '/nothing']) {
    expect(await ask(path), path).toBe(401);
    expect(await ask(path, { authorization: 'Bearer another' }), path).toBe(401);
  }
});

it('answers whoever has it, by whatever name the server is reached', async () => {
  const authorization = `Bearer ${token}`;
  expect(await ask('/api/v1/clusters', { authorization })).toBe(200);
  expect(await ask('/metrics', { authorization })).toBe(200);
  const page = { authorization, origin: 'https://elsewhere.example' };
  expect(await ask('/api/v1/clusters', page)).toBe(403);
});

it('lets the typed client make a cluster and follow it', async () => {
  const client = createHathiClient({ baseUrl: server.url, token });
  const { id } = await client.createCluster({ body: { name: 'kept', approval: 'automatic' } });
  const types: string[] = [];
  for await (const { type } of client.followOperation(id)) types.push(type);
  expect(types.at(-1)).toBe('operation.succeeded');
  const stranger = createHathiClient({ baseUrl: server.url });
  await expect(stranger.getCluster({ name: 'kept' })).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  });
});

it('never writes the token down', () => {
  expect(server.log).not.toContain(token);
});
