import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.ts';

/** One operation with the whole path, and a server that dies in every stage of it. */
let server: ServerProcess;
const REQUEST = { name: 'crash-create', replica_count: 1, approval: 'automatic' };
const HEADERS = { 'idempotency-key': 'one request' };

beforeAll(async () => {
  server = await ServerProcess.start();
});
afterAll(async () => await server?.destroy(REQUEST.name));

it('create-cluster succeeds though the server is killed in each of its stages', async () => {
  const { status, body } = await server.post('/api/v1/clusters', REQUEST, HEADERS);
  expect(status).toBe(202);
  const { stages } = await server.operation(body.id);
  expect(stages.length).toBeGreaterThan(1);
  for (const { position } of stages) {
    await server.follow(
      body.id,
      (event) => event.type === 'stage.started' && event.position === position,
    );
    await server.kill();
    await server.run();
  }
  const events = await server.follow(body.id);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  const operation = await server.operation(body.id);
  expect(operation.error).toBeNull();
  expect(operation.state).toBe('succeeded');
  // Some kills come after the stage has ended, so that not each of them costs an attempt.
  expect(operation.attempt).toBeGreaterThan(1);
  const addresses = events.flatMap(({ type, data }) =>
    type === 'terraform.resource' && data.status === 'completed' ? [data.address] : [],
  );
  expect(addresses).toHaveLength(4);
  expect(new Set(addresses).size).toBe(4);
});

it('answers the same request with the same operation after all of that', async () => {
  const { status, body } = await server.post('/api/v1/clusters', REQUEST, HEADERS);
  expect(status).toBe(202);
  const { body: list } = await server.get(`/api/v1/operations?cluster=${REQUEST.name}`);
  expect(list.operations.map(({ id }: { id: string }) => id)).toEqual([body.id]);
});

it('ends healthy', async () => {
  const { body } = await server.get(`/api/v1/clusters/${REQUEST.name}`);
  expect(body).toMatchObject({
    status: 'healthy',
    allowed_actions: expect.arrayContaining(['verify']),
  });
});
