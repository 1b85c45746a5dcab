import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHathiClient, HathiProblem, HathiUnreachable } from '@hathi/client';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeApp, fakeApp } from '../support/fake-app.ts';
import { aCluster, anEvent, anOperation } from '../support/fake-services.ts';

const ID = '01940000-0000-7000-8000-000000000001';

describe('the client, against the real routes', () => {
  let fake: FakeApp;
  let baseUrl: string;

  beforeAll(async () => {
    fake = await fakeApp({ token: 'a-token-of-sixteen-letters' });
    baseUrl = await fake.app.listen({ port: 0, host: '127.0.0.1' });
    fake.clusters.views.set('orders', aCluster('orders'));
  });
  afterAll(async () => await fake.app.close());
  const client = () => createHathiClient({ baseUrl, token: 'a-token-of-sixteen-letters' });

  it('answers with the body, typed', async () => {
    const cluster = await client().getCluster({ name: 'orders' });
    expect(cluster.spec.replica_count).toBe(2);
    const { clusters, next_cursor } = await client().listClusters({ limit: 5 });
    expect(clusters.map(({ name }) => name)).toEqual(['orders']);
    expect(next_cursor).toBeNull();
    expect((await client().getHealth()).status).toBe('ok');
  });

  it('gives status and headers to whoever asks for them', async () => {
    const { status, headers } = await client().raw('getCluster', { name: 'orders' });
    expect(status).toBe(200);
    expect(headers.get('etag')).toMatch(/^".+"$/);
  });

  it('throws what the server says', async () => {
    const refused = client().getCluster({ name: 'nobody' });
    await expect(refused).rejects.toBeInstanceOf(HathiProblem);
    await expect(refused).rejects.toMatchObject({ status: 404, code: 'CLUSTER_NOT_FOUND' });
    const wrong = client().createCluster({ body: { name: 'orders', replica_count: 99 } as never });
    await expect(wrong).rejects.toMatchObject({ errors: [{ path: '/replica_count' }] });
    const stranger = createHathiClient({ baseUrl });
    await expect(stranger.listClusters()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  it('says when nobody is there', async () => {
    const nobody = createHathiClient({ baseUrl: 'http://127.0.0.1:9' });
    await expect(nobody.getHealth()).rejects.toBeInstanceOf(HathiUnreachable);
  });

  it('sends the same key for the same request', async () => {
    const body = { name: 'keyed' };
    const first = await client().createCluster({ body, idempotencyKey: 'k' });
    const again = await client().createCluster({ body, idempotencyKey: 'k' });
    expect(again).toEqual(first);
  });

  it('stops following when it is told to', async () => {
    const signal = AbortSignal.timeout(200);
    const running = anOperation('plan-terraform', { id: ID.replace(/1$/, '2') });
    fake.operations.add(running);
    const following = client().waitForOperation(running.id, { signal });
    await expect(following).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('follows an operation to its end', async () => {
    fake.operations.add(anOperation('plan-terraform', { last_sequence: 3 }));
    fake.operations.emit(anEvent(1), anEvent(2), anEvent(3, { type: 'operation.succeeded' }));
    const seen: number[] = [];
    for await (const { sequence } of client().followOperation(ID)) seen.push(sequence);
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe('following over connections that break', () => {
  let server: Server;
  let serve: (after: number, response: ServerResponse) => void;

  beforeAll(async () => {
    server = createServer((request, response) => {
      serve(Number(request.headers['last-event-id']), response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());

  it('gives each event once and in order, wherever the connection is cut', async () => {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 4 }),
        async (count, cuts) => {
          const frames = Array.from({ length: count }, (_, index) => {
            const type = index + 1 === count ? 'operation.succeeded' : 'terraform.log';
            return `id: ${index + 1}\ndata: ${JSON.stringify(anEvent(index + 1, { type }))}\n\n`;
          });
          const left = [...cuts];
          serve = (after, response) => {
            const text = frames.slice(after).join('');
            const cut = left.shift();
            response.writeHead(200, { 'content-type': 'text/event-stream' });
            if (cut === undefined) response.end(text);
            else {
              // In the middle of a frame, of a character even, and then the connection is gone.
              response.write(Buffer.from(text).subarray(0, cut), () => response.destroy());
            }
          };
          const seen: number[] = [];
          const client = createHathiClient({ baseUrl });
          for await (const { sequence } of client.followOperation(ID)) seen.push(sequence);
          expect(seen).toEqual(frames.map((_, index) => index + 1));
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe('a server that limits the rate', () => {
  const problem = { type: '/errors/TOO_MANY_REQUESTS', code: 'TOO_MANY_REQUESTS', status: 429 };
  let limited: Server;
  let received = 0;
  let rejections = 0;
  let retryAfter = '0.05';

  beforeAll(async () => {
    limited = createServer((request, response) => {
      received += 1;
      request.resume();
      if (received > rejections) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
        return;
      }
      const headers = { 'content-type': 'application/problem+json', 'retry-after': retryAfter };
      response.writeHead(429, headers).end(JSON.stringify(problem));
    });
    await new Promise<void>((resolve) => limited.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => limited.close());

  const client = (times: number, after: string) => {
    [received, rejections, retryAfter] = [0, times, after];
    const { port } = limited.address() as AddressInfo;
    return createHathiClient({ baseUrl: `http://127.0.0.1:${port}` });
  };

  it('is waited for as long as it says', async () => {
    const started = performance.now();
    expect(await client(3, '0.05').getHealth()).toEqual({ status: 'ok' });
    expect(received).toBe(4);
    expect(performance.now() - started).toBeGreaterThan(140);
    const operation = client(1, '0').cancelOperation({ id: ID, body: {} });
    expect(await operation).toEqual({ status: 'ok' });
  });

  it('is given up after some repetitions, a long pause, or an abort', async () => {
    const rejected = { code: 'TOO_MANY_REQUESTS', status: 429 };
    await expect(client(9, '0').getHealth()).rejects.toMatchObject(rejected);
    expect(received).toBe(4);
    await expect(client(9, '3600').getHealth()).rejects.toMatchObject(rejected);
    expect(received).toBe(1);
    const signal = AbortSignal.timeout(50);
    await expect(client(9, '30').getHealth({ signal })).rejects.toThrow(/timeout/);
    const followed = client(9, '0').followOperation(ID)[Symbol.asyncIterator]().next();
    await expect(followed).rejects.toMatchObject(rejected);
  });
});
