import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { cloudEvent } from '../../core/webhook/webhook.ts';
import { createWebhookSender } from './https-sender.ts';

const SECRET = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
const EVENT = cloudEvent({
  id: '7',
  type: 'roles.changed',
  cluster: 'a',
  at: '2026-01-12T10:00:00.000Z',
  data: { primary: 'a-2' },
});
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const now = () => new Date('2026-01-12T10:00:01.000Z');

let server: Server | null = null;
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

interface Received {
  headers: Record<string, unknown>;
  body: string;
}

/** A receiver on loopback that responds with the status; 0 never responds. */
async function receiver(status: number, headers = {}) {
  const received: Received[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      if (status === 0) return;
      response.writeHead(status, headers).end('x'.repeat(1_000_000));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, received };
}

test('a receiver can verify the signature with a library of Standard Webhooks', async () => {
  const { port, received } = await receiver(204);
  const sender = createWebhookSender({ allowedNetworks: LOOPBACK, now });
  const result = await sender.send(`http://localhost:${port}/hook?a=1`, SECRET, 'msg_1', EVENT);
  expect(result).toEqual({ status: 204, error: null });
  const [{ headers, body }] = received as [Received];
  expect(JSON.parse(body)).toEqual(EVENT);
  expect(headers).toMatchObject({
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-id': 'msg_1',
    'webhook-timestamp': '1768212001',
  });
  const { createHmac } = await import('node:crypto');
  const expected = createHmac('sha256', SECRET).update(`msg_1.1768212001.${body}`).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${expected}`);
});

test.each([
  ['an address', '127.0.0.1'],
  ['a name', 'localhost'],
  ['an IPv6 address', '[::1]'],
  ['an address in another form', '2130706433'],
  ['IPv4 in IPv6', '[::ffff:127.0.0.1]'],
])('a private address is not connected: %s', async (_what, host) => {
  const { port, received } = await receiver(204);
  const sender = createWebhookSender({ allowedNetworks: [], now });
  const result = await sender.send(`http://${host}:${port}/`, SECRET, 'msg_1', EVENT);
  expect(result).toMatchObject({ status: null });
  expect(result.error).toContain('is a private address');
  expect(received).toEqual([]);
});

test('a redirect is an error, and is not followed', async () => {
  const { port, received } = await receiver(302, { location: 'http://169.254.169.254/' });
  const sender = createWebhookSender({ allowedNetworks: LOOPBACK, now });
  const result = await sender.send(`http://127.0.0.1:${port}/`, SECRET, 'msg_1', EVENT);
  expect(result).toEqual({ status: 302, error: 'the response has the status 302' });
  expect(received).toHaveLength(1);
});

test('a receiver that does not run is an error', async () => {
  const { port } = await receiver(204);
  server?.close();
  const sender = createWebhookSender({ allowedNetworks: LOOPBACK, now });
  const result = await sender.send(`http://127.0.0.1:${port}/`, SECRET, 'msg_1', EVENT);
  expect(result).toEqual({ status: null, error: 'ECONNREFUSED' });
});

test('a receiver that never responds is an error after 10 s', async () => {
  const { port } = await receiver(0);
  const sender = createWebhookSender({ allowedNetworks: LOOPBACK, now });
  const result = await sender.send(`http://127.0.0.1:${port}/`, SECRET, 'msg_1', EVENT);
  expect(result).toEqual({ status: null, error: 'no response within 10 s' });
});
