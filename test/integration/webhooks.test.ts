import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CloudEvent, Delivery } from '../../src/core/webhook/webhook.ts';
import { ServerProcess } from '../support/server-process.ts';
import { waitFor } from '../support/wait-for.ts';

const WEBHOOKS = '/api/v1/webhooks';

let server: ServerProcess;
let receiver: Server;
let url: string;
/** Statuses of the next responses; then 204. */
const statuses: number[] = [];
const received: { headers: Record<string, unknown>; body: string }[] = [];

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(statuses.shift() ?? 204).end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/events`;
  server = await ServerProcess.start({ HATHI_WEBHOOK_NETWORKS: '127.0.0.0/8' });
});

afterAll(async () => {
  await server?.destroy();
  receiver?.close();
});

async function delivery(webhook: string, state: Delivery['state']): Promise<Delivery> {
  return await waitFor(`a delivery that is ${state}`, 20, async () => {
    const { body } = await server.get(`${WEBHOOKS}/${webhook}/deliveries`);
    return (body.deliveries as Delivery[]).find((one) => one.state === state) ?? null;
  });
}

test('a test event is signed with the secret that only the creation returned', async () => {
  const created = await server.post(WEBHOOKS, { url });
  expect(created.status).toBe(201);
  const { id, secret } = created.body;
  const read = await server.get(`${WEBHOOKS}/${id}`);
  expect(read.body).toEqual({ ...created.body, secret: undefined });
  expect((await server.get(WEBHOOKS)).body.webhooks).toContainEqual(read.body);

  expect((await server.post(`${WEBHOOKS}/${id}/test`, {})).status).toBe(202);
  expect(await delivery(id, 'succeeded')).toMatchObject({
    type: 'webhook.test',
    attempts: 1,
    status: 204,
    error: null,
    next_at: null,
  });
  const [request] = received.splice(0);
  const event = JSON.parse(request?.body ?? '') as CloudEvent;
  expect(event).toMatchObject({ specversion: '1.0', type: 'hathi.webhook.test', subject: id });
  const headers = request?.headers ?? {};
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${request?.body}`;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${signature}`);
});

test('a delivery that fails is repeated with the same id', async () => {
  statuses.push(500);
  const { id } = (await server.post(WEBHOOKS, { url })).body;
  await server.post(`${WEBHOOKS}/${id}/test`, {});
  const pending = await waitFor('a failed attempt', 20, async () => {
    const one = await delivery(id, 'pending');
    return one.attempts === 1 ? one : null;
  });
  expect(pending).toMatchObject({ status: 500, error: 'the response has the status 500' });
  expect(pending.next_at).not.toBeNull();
  expect(await delivery(id, 'succeeded')).toMatchObject({ id: pending.id, attempts: 2 });
  const ids = received.splice(0).map(({ headers }) => headers['webhook-id']);
  expect(ids).toEqual([pending.id, pending.id]);
});

test('a private address is an error of the delivery', async () => {
  const { id } = (await server.post(WEBHOOKS, { url: 'http://169.254.169.254/latest' })).body;
  await server.post(`${WEBHOOKS}/${id}/test`, {});
  const failed = await waitFor('a failed attempt', 20, async () => {
    const one = await delivery(id, 'pending');
    return one.attempts > 0 ? one : null;
  });
  expect(failed.error).toContain('is a private address');
});

test('a webhook can be deleted, and bad requests name the field', async () => {
  const { id } = (await server.post(WEBHOOKS, { url, events: ['roles.changed'] })).body;
  expect((await server.send('DELETE', `${WEBHOOKS}/${id}`)).status).toBe(204);
  expect((await server.get(`${WEBHOOKS}/${id}`)).body.code).toBe('WEBHOOK_NOT_FOUND');
  for (const [body, path] of [
    [{}, '/url'],
    [{ url: 'ftp://example.com' }, '/url'],
    [{ url, events: ['nothing'] }, '/events/0'],
    [{ url, clusters: ['A!'] }, '/clusters/0'],
  ] as const) {
    const refused = await server.post(WEBHOOKS, body);
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0].path).toBe(path);
  }
});
