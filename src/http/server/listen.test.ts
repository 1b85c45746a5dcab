import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { anEvent, anOperation } from '../../../test/support/fake-services.ts';
import { isHathiError } from '../../core/errors.ts';
import { listen } from './listen.ts';

const MEGABYTE = 1024 * 1024;

let fake: FakeApp;
const others: Server[] = [];
beforeEach(async () => {
  fake = await fakeApp();
});
afterEach(async () => {
  await fake.app.close();
  for (const server of others.splice(0)) server.close();
});

async function start(host = '127.0.0.1'): Promise<number> {
  await listen(fake.app, { host, port: 0 });
  return (fake.app.server.address() as AddressInfo).port;
}

/** Sends raw bytes and reads until the server closes the connection. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

function problemIn(response: string) {
  const [head = '', body = ''] = response.split('\r\n\r\n');
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  return JSON.parse(body);
}

async function hasIpv6(): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(0, '::1', () => server.close(() => resolve(true)));
  });
}

describe('listening', () => {
  test('on localhost responds at every address of that name', async () => {
    const port = await start('localhost');
    const found = await lookup('localhost', { all: true });
    for (const { address, family } of [...found, { address: 'localhost', family: 4 }]) {
      const host = family === 6 ? `[${address}]` : address;
      const response = await fetch(`http://${host}:${port}/health`);
      expect(await response.json()).toEqual({ status: 'ok' });
    }
  });

  test('returns the URLs', async () => {
    const urls = await listen(fake.app, { host: '127.0.0.1', port: 0 });
    expect(urls).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)]);
  });

  test.each(['127.0.0.1', '::1'])('on a port that is in use at %s is refused', async (address) => {
    if (address === '::1' && !(await hasIpv6())) return;
    const other = createServer();
    others.push(other);
    await new Promise<void>((resolve) => other.listen(0, address, resolve));
    const { port } = other.address() as AddressInfo;
    const refusal = await listen(fake.app, { host: 'localhost', port }).catch((error) => error);
    expect(isHathiError(refusal, 'PORT_IN_USE')).toBe(true);
    expect(refusal.message).toContain(`port ${port}`);
    expect(refusal.message).toContain(`HATHI_PORT=${port + 1}`);
  });

  test('on an address of another machine names the setting', async () => {
    const refusal = await listen(fake.app, { host: '192.0.2.1', port: 0 }).catch((error) => error);
    expect(isHathiError(refusal, 'CONFIGURATION_INVALID')).toBe(true);
    expect(refusal.message).toContain('HATHI_HOST');
  });
});

describe('data that is not a request', () => {
  test('returns a problem document', async () => {
    const port = await start();
    expect(problemIn(await raw(port, 'HELLO\r\n\r\n'))).toMatchObject({
      code: 'INVALID_REQUEST',
      status: 400,
    });
    const cookies = `Cookie: ${'a'.repeat(64 * 1024)}`;
    const large = `GET / HTTP/1.1\r\nHost: localhost\r\n${cookies}\r\n\r\n`;
    expect(problemIn(await raw(port, large))).toMatchObject({
      code: 'HEADERS_TOO_LARGE',
      status: 431,
    });
  });

  test('is refused without a host', async () => {
    const port = await start();
    const response = await raw(port, 'GET /health HTTP/1.0\r\n\r\n');
    expect(problemIn(response)).toMatchObject({ code: 'INVALID_REQUEST' });
  });
});

test('a body of 10 MB is refused without being read to its end', async () => {
  const port = await start();
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/generate-terraform',
    headers: { 'content-type': 'application/json', 'content-length': 10 * MEGABYTE },
  });
  // The server may close the connection while the body is still being sent.
  request.on('error', () => undefined);
  const pending = once(request, 'response');
  request.write(' '.repeat(MEGABYTE));
  const [response] = await pending;
  expect(response.statusCode).toBe(413);
  const chunks = await response.toArray();
  expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ code: 'BODY_TOO_LARGE' });
  request.destroy();
  expect(fake.operations.submissions).toEqual([]);
});

test('a body of 10 MB in chunks, of no known length, is refused too', async () => {
  const port = await start();
  const body = new Blob([' '.repeat(10 * MEGABYTE)]).stream();
  const response = await fetch(`http://127.0.0.1:${port}/generate-terraform`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    duplex: 'half',
  }).catch(() => null);
  // A client that still writes at that time may only see the end of the connection.
  if (response) expect(response.status).toBe(413);
  expect(fake.operations.submissions).toEqual([]);
});

describe('a caller that disconnects', () => {
  test('ends the wait of the server, and cancels nothing', async () => {
    fake.operations.outcome = null;
    const port = await start();
    const caller = new AbortController();
    const pending = fetch(`http://127.0.0.1:${port}/plan-terraform`, {
      method: 'POST',
      signal: caller.signal,
    }).catch(() => 'gone');
    await expect.poll(() => fake.operations.waiting).toBe(1);
    caller.abort();
    expect(await pending).toBe('gone');
    await expect.poll(() => fake.operations.waiting).toBe(0);
    const operation = await fake.operations.get(anOperation('plan-terraform').id);
    expect(operation).toMatchObject({ state: 'running', cancel_level: 0 });
  });

  test('ends its event stream', async () => {
    fake.operations.add(anOperation('plan-terraform'));
    fake.operations.emit(anEvent(1));
    const port = await start();
    const caller = new AbortController();
    const url = `http://127.0.0.1:${port}/api/v1/operations/${anEvent(1).operation_id}/events`;
    const response = await fetch(url, { signal: caller.signal });
    await response.body?.getReader().read();
    expect(fake.operations.following).toBe(1);
    caller.abort();
    await expect.poll(() => fake.operations.following).toBe(0);
  });

  test('or reads slowly delays only its own stream', async () => {
    fake.operations.add(anOperation('plan-terraform'));
    const text = 'x'.repeat(64 * 1024);
    const total = 2_000;
    let taken = 0;
    fake.operations.follow = async function* () {
      for (taken = 1; taken <= total; taken += 1) yield anEvent(taken, { data: { text } });
    };
    const port = await start();
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    const path = `/api/v1/operations/${anEvent(1).operation_id}/events`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await expect.poll(() => taken).toBeGreaterThan(1);
    // Neither side buffers without a limit: the source waits while the client does not read.
    let before = -1;
    await expect
      .poll(
        () => {
          const still = taken === before;
          before = taken;
          return still;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(taken).toBeLessThan(total);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    socket.destroy();
  });
});

test('a server that stops returns the location of the operation', async () => {
  fake.operations.outcome = null;
  const port = await start();
  const pending = fetch(`http://127.0.0.1:${port}/plan-terraform`, { method: 'POST' });
  await expect.poll(() => fake.operations.waiting).toBe(1);
  await fake.app.close();
  const response = await pending;
  expect(response.status).toBe(202);
  const { id } = anOperation('plan-terraform');
  expect(response.headers.get('location')).toBe(`/api/v1/operations/${id}`);
  // It would keep the server alive until its keep-alive timeout.
  expect(response.headers.get('connection')).toBe('close');
});
