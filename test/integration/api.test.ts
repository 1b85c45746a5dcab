/** The API as a process, over real services and stores; only its stages make nothing. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.ts';
import { waitFor } from '../support/wait-for.ts';

const STAGE_MILLISECONDS = 30;
let server: ServerProcess;

beforeAll(async () => {
  server = await ServerProcess.startWithFakeStages({
    HATHI_LOG_LEVEL: 'warn',
    FAKE_STAGE_MILLISECONDS: String(STAGE_MILLISECONDS),
  });
});
afterAll(() => server?.destroy());

const api = (path: string) => `/api/v1${path}`;

async function reaches(id: string, state: string): Promise<void> {
  await waitFor(`operation ${id} to be ${state}`, 20, async () => {
    return (await server.operation(id)).state === state;
  });
}

/** A cluster whose whole path is done. */
async function made(name: string): Promise<string> {
  const { status, body } = await server.post(api('/clusters'), { name, approval: 'automatic' });
  expect(status).toBe(202);
  await reaches(body.id, 'succeeded');
  return body.id;
}

describe('a cluster from its request to its end', () => {
  it('is asked for, reviewed, approved, watched, used, verified and destroyed', async () => {
    const { body: operation } = await server.post(api('/clusters'), {
      name: 'orders',
      labels: { team: 'billing' },
      parameters: { max_connections: 200 },
    });
    await reaches(operation.id, 'awaiting-approval');
    const { plan_id } = (await server.get(api(`/operations/${operation.id}`))).body;
    const plan = (await server.get(api(`/plans/${plan_id}`))).body;
    expect(plan).toMatchObject({ state: 'ready', cluster_name: 'orders' });
    const approved = await server.post(api(`/operations/${operation.id}/approve`), { plan_id });
    expect(approved.status).toBe(202);
    const events = await server.follow(operation.id);
    expect(events.at(-1)?.type).toBe('operation.succeeded');
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));

    expect((await server.get(api('/clusters/orders'))).body.status).toBe('healthy');
    await server.step('/generate-terraform', { cluster: 'orders', replica_count: 3 });
    expect((await server.get(api('/clusters/orders'))).body).toMatchObject({
      status: 'change-pending',
      pending_change: { fields: ['replica_count'], next_step: 'plan-terraform' },
    });
    await server.step('/generate-terraform', { cluster: 'orders', replica_count: 2 });
    expect((await server.get(api('/clusters/orders'))).body).toMatchObject({
      status: 'healthy',
      pending_change: null,
    });

    expect((await server.get(api('/clusters/orders/nodes'))).body.nodes).toHaveLength(3);
    expect((await server.get(api('/clusters/orders/connection'))).body.user).toBe('postgres');
    expect((await server.get(api('/clusters/orders/parameters'))).status).toBe(200);
    const report = (await server.get(api('/clusters/orders/report'))).body;
    expect((await server.get(api(`/reports/${report.id}`))).body).toEqual(report);
    expect((await server.get(api('/clusters/orders/reports'))).body.reports).toHaveLength(1);
    expect((await server.get(api('/clusters/orders/plans'))).body.plans[0].id).toBe(plan_id);

    const verified = await server.post(api('/clusters/orders/verify'), {});
    await reaches(verified.body.id, 'succeeded');
    const destroyed = await server.send('DELETE', api('/clusters/orders?confirm=orders'));
    expect(destroyed.status).toBe(202);
    await reaches(destroyed.body.id, 'succeeded');
    expect((await server.get(api('/clusters/orders'))).status).toBe(404);
    expect((await server.getText('/metrics')).status).toBe(200);
  });
});

describe('what has ended', () => {
  it('can neither be cancelled nor approved', async () => {
    const id = await made('ended');
    for (const verb of ['cancel', 'approve']) {
      const { status, body } = await server.post(api(`/operations/${id}/${verb}`), {});
      expect(status).toBe(409);
      expect(body.code).toBe('TRANSITION_NOT_ALLOWED');
    }
  });
});

describe('a client that disappears in the middle of a create', () => {
  it('leaves one cluster, made to its end, and the key answers with that', async () => {
    const body = JSON.stringify({ name: 'left-alone', approval: 'automatic' });
    const key = crypto.randomUUID();
    const lines = [
      'POST /api/v1/clusters HTTP/1.1',
      `Host: ${new URL(server.url).host}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      `Idempotency-Key: ${key}`,
    ];
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.on('error', reject).on('close', () => resolve());
      socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
    });
    const again = await waitFor('an answer to the key', 20, async () => {
      const answer = await server.send('POST', api('/clusters'), JSON.parse(body), {
        'idempotency-key': key,
      });
      return answer.status === 202 && answer;
    });
    await reaches(again.body.id, 'succeeded');
    const { operations } = (await server.get(api('/operations?cluster=left-alone'))).body;
    expect(operations).toHaveLength(1);
  });

  it('that sends half a body makes nothing', async () => {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.on('error', reject).on('close', () => resolve());
      const head = `POST /api/v1/clusters HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\n`;
      const type = 'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n';
      socket.write(`${head}${type}{"name": "half`, () => socket.destroy());
    });
    expect((await server.get(api('/clusters/half'))).status).toBe(404);
  });
});

describe('200 clients that never read', () => {
  const CLIENTS = 200;
  const EVENTS = {
    FAKE_EVENTS: '2500',
    FAKE_EVENT_BYTES: '4000',
    // They all have one address.
    HATHI_STREAMS_PER_CALLER: '0',
  };
  /** Held in full, the events would be 2 GB. */
  const GROWTH_LIMIT_MIB = 300;
  const PATIENCE_MILLISECONDS = 3_000;

  it('hold up nobody, and cost a bounded memory', async () => {
    const crowded = await ServerProcess.startWithFakeStages(EVENTS);
    const sockets: Socket[] = [];
    try {
      const input = { name: 'watched', approval: 'automatic' };
      const { body: operation } = await crowded.post(api('/clusters'), input);
      await waitFor('the operation', 60, async () => {
        return (await crowded.operation(operation.id)).state === 'succeeded';
      });
      const before = residentMib(crowded.pid);
      const { host, port } = new URL(crowded.url);
      const path = api(`/operations/${operation.id}/events`);
      for (let index = 0; index < CLIENTS; index++) {
        // Nobody listens to its data, so that what the server sends stays with the server.
        const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
        socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        sockets.push(socket);
      }
      await waitFor('the streams', 30, async () => {
        const { text } = await crowded.getText('/metrics');
        return text.includes(`\nhathi_event_streams ${CLIENTS}\n`);
      });
      const started = performance.now();
      const events = await crowded.follow(operation.id);
      expect(events.at(-1)?.type).toBe('operation.succeeded');
      expect((await crowded.get(api('/clusters/watched'))).status).toBe(200);
      expect(performance.now() - started).toBeLessThan(PATIENCE_MILLISECONDS);
      expect(residentMib(crowded.pid) - before).toBeLessThan(GROWTH_LIMIT_MIB);
    } finally {
      for (const socket of sockets) socket.destroy();
      await crowded.destroy();
    }
  });
});

function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
