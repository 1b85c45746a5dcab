import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ThreadLeaseKeeper } from '../../../src/adapters/database/lease-keeper.ts';
import { SqlUnitOfWork } from '../../../src/adapters/database/sql-unit-of-work.ts';
import { planOperation } from '../../../src/core/procedures/procedures.ts';
import { newCluster } from '../../support/clusters.ts';
import { DATABASE_KINDS, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { waitFor } from '../../support/wait-for.ts';

const LEASE_SECONDS = 3;
/** Several leases long; the process sees to it by itself. @see api-process.ts */
const BLOCKED_SECONDS = 20;
const WAIT_SECONDS = 60;

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await openTestDatabase('postgres');
}, 120_000);
afterAll(async () => await postgres?.stop());

describe.each(DATABASE_KINDS)('an operation on %s', (kind) => {
  const servers: ServerProcess[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.destroy();
  });

  async function start(): Promise<ServerProcess> {
    const server = await ServerProcess.startWithFakeStages({
      ...(kind === 'postgres' ? { DATABASE_URL: postgres.url as string } : {}),
      HATHI_LEASE_SECONDS: String(LEASE_SECONDS),
      HATHI_LOG_LEVEL: 'info',
      FAKE_BLOCK_SECONDS: String(BLOCKED_SECONDS),
      // Each event of the last stage is a transaction; the stages before it wait without one.
      FAKE_EVENTS: '200',
      FAKE_EVENT_MILLISECONDS: '5',
      FAKE_STAGE_MILLISECONDS: '1500',
    });
    servers.push(server);
    return server;
  }

  it('goes on with the same attempt while the event loop of its server is blocked', async () => {
    const server = await start();
    // On PostgreSQL another worker waits for operations whose lease has run out.
    if (kind === 'postgres') await start();
    const create = async (name: string): Promise<string> => {
      // Nodes of AWS can be reached by every worker.
      const aws = { region: 'eu-central-1', control_cidrs: ['203.0.113.7/32'] };
      const body = { name: `${name}-${kind}`, target: 'aws', aws, approval: 'automatic' };
      const created = await server.post('/api/v1/clusters', body);
      expect(created.status, JSON.stringify(created.body)).toBe(202);
      return created.body.id;
    };
    const reaches = (id: string, stage: string) =>
      waitFor(`${stage} of ${id}`, WAIT_SECONDS, async () => {
        const { stages } = await server.operation(id);
        return stages.some(({ name, state }) => name === stage && state === 'running');
      });
    const writing = await create('writing');
    await reaches(writing, 'create-ansible-script');
    const waiting = await create('waiting');
    await reaches(writing, 'verify-replication');
    await waitFor('the first event that is written', WAIT_SECONDS, async () => {
      const { text } = await server.getText(`/api/v1/operations/${writing}`);
      return JSON.parse(text).last_sequence > 15;
    });
    process.kill(server.pid, 'SIGUSR2');
    for (const id of [writing, waiting]) {
      const operation = await waitFor('the end of the operation', WAIT_SECONDS, async () => {
        const now = await server.operation(id);
        return ['succeeded', 'failed', 'interrupted'].includes(now.state) && now;
      });
      expect(operation).toMatchObject({ state: 'succeeded', attempt: 1 });
    }
    expect(server.log).toContain(`blocked for ${BLOCKED_SECONDS} s`);
  });
});

describe('the keeper of leases', () => {
  const worker = { id: 'abc123:kept', site: 'abc123' };
  const other = { id: 'def456:other', site: 'def456' };
  let keeper: ThreadLeaseKeeper | null = null;
  afterEach(async () => {
    await keeper?.close();
    keeper = null;
  });

  async function claimed() {
    const work = new SqlUnitOfWork(postgres.database.db);
    const cluster = await work.direct.clusters.insert(newCluster());
    const { id } = await work.direct.operations.insert({
      id: crypto.randomUUID(),
      cluster_id: cluster.id,
      site: null,
      ...planOperation('plan-terraform', cluster),
      input: {},
      approval: 'automatic',
      idempotency_key: null,
    });
    const claim = await work.direct.operations.claim(worker, LEASE_SECONDS);
    if (claim?.operation.id !== id) throw new Error('another operation was claimed');
    const steal = () => work.direct.operations.claim(other, LEASE_SECONDS);
    const finish = () => work.direct.operations.setState(id, 'succeeded');
    return { lease: claim.lease, steal, finish };
  }

  const block = (seconds: number) =>
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);

  it('gives a lease up when the main thread is silent for too long', async () => {
    const { lease, steal, finish } = await claimed();
    keeper = new ThreadLeaseKeeper(postgres.url as string, LEASE_SECONDS);
    const kept = keeper.keep(lease, LEASE_SECONDS);
    await waitFor('the first renewal', WAIT_SECONDS, async () => kept.endsAt() > Date.now());
    // Held while the silence is short, and given up after it.
    block(LEASE_SECONDS + 1);
    expect(await steal()).toBeNull();
    block(2 * LEASE_SECONDS + 1);
    expect((await steal())?.lease.attempt).toBe(lease.attempt + 1);
    await waitFor('the news that it is lost', WAIT_SECONDS, async () => kept.endsAt() === 0);
    await finish();
  });

  it('stops at once when a lease is released', async () => {
    const { lease, steal, finish } = await claimed();
    keeper = new ThreadLeaseKeeper(postgres.url as string);
    const kept = keeper.keep(lease, LEASE_SECONDS);
    await waitFor('the first renewal', WAIT_SECONDS, async () => kept.endsAt() > Date.now());
    kept.release();
    expect(kept.endsAt()).toBe(0);
    const stolen = await waitFor('its end', 3 * LEASE_SECONDS, steal);
    expect(stolen.lease.attempt).toBe(lease.attempt + 1);
    await finish();
  });
});
