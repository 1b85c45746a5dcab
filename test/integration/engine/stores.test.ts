// Longer than other files: its tests run on both databases, which start once.
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqlUnitOfWork } from '../../../src/adapters/database/sql-unit-of-work.ts';
import { planOperation } from '../../../src/core/procedures/procedures.ts';
import type { ClusterRecord, Lease, NewOperation } from '../../../src/ports/stores.ts';
import { newCluster } from '../../support/clusters.ts';
import { DATABASE_KINDS, openTestDatabase, type TestDatabase } from '../../support/databases.ts';

const WORKER = { id: 'abc123:one', site: 'abc123' };
const LEASE_SECONDS = 30;

describe('a connection to PostgreSQL', () => {
  it('can break in the middle of a transaction, which alone fails', async () => {
    const opened = await openTestDatabase('postgres');
    try {
      const { db } = opened.database;
      const other = await opened.reopen();
      const pidOf = async (on: typeof db) =>
        (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(on)).rows[0]?.pid;
      const broken = db.transaction().execute(async (trx) => {
        const pid = await pidOf(trx);
        await sql`select pg_terminate_backend(${pid}::integer)`.execute(other.db);
        // The news of the end arrives while no statement waits for it.
        await setTimeout(200);
        await pidOf(trx);
      });
      await expect(broken).rejects.toThrow();
      expect(await pidOf(db)).toEqual(expect.any(Number));
    } finally {
      await opened.stop();
    }
  }, 120_000);
});

describe.each(DATABASE_KINDS)('stores on %s', (kind) => {
  let opened: TestDatabase;
  let work: SqlUnitOfWork;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    work = new SqlUnitOfWork(opened.database.db);
  }, 120_000);
  afterAll(async () => await opened?.stop());

  const operationOn = (cluster: ClusterRecord, more: Partial<NewOperation> = {}): NewOperation => ({
    id: randomUUID(),
    cluster_id: cluster.id,
    site: cluster.site,
    ...planOperation(more.kind ?? 'generate-terraform', cluster),
    input: { list: [1, 2], text: 'a "quoted" word' },
    approval: 'automatic',
    idempotency_key: null,
    ...more,
  });
  const cluster = (overrides: Partial<ClusterRecord> = {}) =>
    work.direct.clusters.insert(newCluster(overrides));
  const drain = async () => {
    for (;;) {
      const claimed = await work.direct.operations.claim(WORKER, LEASE_SECONDS);
      if (!claimed) return;
      await work.direct.operations.setState(claimed.operation.id, 'succeeded');
    }
  };

  it('has one snapshot until something is committed', async () => {
    const before = await work.snapshot();
    expect(await work.snapshot()).toBe(before);
    await work.direct.clusters.find('nobody');
    expect(await work.snapshot()).toBe(before);
    const made = await cluster();
    const after = await work.snapshot();
    expect(after).not.toBe(before);
    await work.transaction(async ({ clusters }) => {
      await clusters.update(made.id, { labels: { team: 'one' } });
      await expect(work.snapshot()).rejects.toThrow('inside a transaction');
    });
    expect(await work.snapshot()).not.toBe(after);
  });

  it('gives back a cluster as it was put in', async () => {
    const made = await cluster();
    expect(await work.direct.clusters.find(made.name)).toEqual(made);
    await work.direct.clusters.update(made.id, {
      nodes: [
        {
          name: 'a-1',
          address: '10.0.0.2',
          subnet: '10.0.0.0/24',
          ssh_host: '127.0.0.1',
          ssh_port: 1,
          postgres_host: null,
          postgres_port: null,
          zone: null,
          instance_id: null,
        },
      ],
    });
    const after = await work.direct.clusters.get(made.id);
    expect(after.nodes?.[0]?.name).toBe('a-1');
    expect(after.spec).toEqual(made.spec);
  });

  it('refuses a second unfinished operation and names the one in the way', async () => {
    const made = await cluster();
    const first = await work.direct.operations.insert(operationOn(made));
    await expect(
      work.transaction(async (stores) => {
        await stores.clusters.update(made.id, { spec_revision: 7 });
        await stores.operations.insert(operationOn(made));
      }),
    ).rejects.toMatchObject({ code: 'CLUSTER_BUSY', details: { operation: first.id } });
    expect((await work.direct.clusters.get(made.id)).spec_revision).toBe(1);
    await drain();
    await work.direct.operations.insert(operationOn(made));
    await drain();
  });

  it('gives the change of a cluster in its summary, not what only reads', async () => {
    const made = await cluster();
    const read = operationOn(made, planOperation('verify-replication', made));
    await work.direct.operations.insert(read);
    expect((await work.direct.clusters.findSummary(made.name))?.operation).toBeNull();
    const change = await work.direct.operations.insert(operationOn(made));
    const summary = await work.direct.clusters.findSummary(made.name);
    expect(summary?.operation).toMatchObject({ id: change.id, kind: 'generate-terraform' });
    await drain();
  });

  it('lets two clusters run at once, and one operation go to one worker', async () => {
    const [one, two] = [await cluster(), await cluster()];
    await work.direct.operations.insert(operationOn(one));
    await work.direct.operations.insert(operationOn(two));
    const other = { id: 'abc123:two', site: 'abc123' };
    const claims = await Promise.all(
      [WORKER, other, WORKER, other].map((worker) =>
        work.direct.operations.claim(worker, LEASE_SECONDS),
      ),
    );
    const taken = claims.filter((claim) => claim !== null).map(({ operation }) => operation.id);
    expect(new Set(taken).size).toBe(taken.length);
    expect(taken).toHaveLength(2);
    for (const id of taken) await work.direct.operations.setState(id, 'succeeded');
  });

  it('gives a local cluster only to the worker beside its Docker', async () => {
    const made = await cluster({ site: 'fed321' });
    const operation = await work.direct.operations.insert(operationOn(made));
    expect(await work.direct.operations.claim(WORKER, LEASE_SECONDS)).toBeNull();
    const beside = { id: 'fed321:one', site: 'fed321' };
    const claim = await work.direct.operations.claim(beside, LEASE_SECONDS);
    expect(claim?.operation.id).toBe(operation.id);
    await work.direct.operations.setState(operation.id, 'succeeded');
  });

  it('fences every write of a worker whose operation another one has taken', async () => {
    const made = await cluster();
    await work.direct.operations.insert(operationOn(made));
    const first = await work.direct.operations.claim(WORKER, 0);
    if (!first) throw new Error('nothing was claimed');
    const second = await work.direct.operations.claim(WORKER, LEASE_SECONDS);
    expect(second?.lease.attempt).toBe(first.lease.attempt + 1);
    const written = work.fenced(first.lease, (stores) =>
      stores.clusters.update(made.id, { spec_revision: 99 }),
    );
    await expect(written).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(work.direct.operations.renew(first.lease, 30)).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    expect((await work.direct.clusters.get(made.id)).spec_revision).toBe(1);
    await work.direct.operations.setState(first.operation.id, 'succeeded');
    await expect(
      work.fenced(second?.lease as Lease, async () => 'ran after the end'),
    ).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });

  it('renews a lease that ran out while nobody took the operation', async () => {
    const made = await cluster();
    const { id } = await work.direct.operations.insert(operationOn(made));
    const first = await work.direct.operations.claim(WORKER, 0);
    if (!first) throw new Error('nothing was claimed');
    // Its own worker takes it from itself as little as it takes a second one.
    expect(await work.direct.operations.claim(WORKER, LEASE_SECONDS, [id])).toBeNull();
    expect(await work.fenced(first.lease, async () => 'ran')).toBe('ran');
    expect(await work.direct.operations.renew(first.lease, LEASE_SECONDS)).toBe(0);
    expect(await work.direct.operations.claim(WORKER, LEASE_SECONDS)).toBeNull();
    await work.direct.operations.setState(id, 'succeeded');
  });

  it('refuses what the table of transitions does not allow', async () => {
    const made = await cluster();
    const { id } = await work.direct.operations.insert(operationOn(made));
    await expect(work.direct.operations.setState(id, 'succeeded')).rejects.toMatchObject({
      code: 'TRANSITION_NOT_ALLOWED',
    });
    await work.direct.operations.setState(id, 'cancelled');
    await expect(work.direct.operations.setState(id, 'running')).rejects.toMatchObject({
      code: 'TRANSITION_NOT_ALLOWED',
    });
  });

  it('numbers events without a gap under concurrent writers', async () => {
    const made = await cluster();
    const { id } = await work.direct.operations.insert(operationOn(made));
    const batches = Array.from({ length: 20 }, (_, batch) =>
      Array.from({ length: (batch % 3) + 1 }, (_, index) => ({
        type: 'operation.running' as const,
        stage: null,
        position: null,
        data: { attempt: batch, resumed_stage: `${index}` },
      })),
    );
    await Promise.all(
      batches.map((events) =>
        work.transaction((stores) => stores.operations.appendEvents(id, 1, events)),
      ),
    );
    const events = await work.direct.operations.eventsAfter(id, 0, 1000);
    const total = batches.flat().length;
    expect(events.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: total }, (_, index) => index + 1),
    );
    await work.direct.operations.setState(id, 'cancelled');
  });

  it('throws instead of waiting for ever when the outer database is used in a transaction', async () => {
    await expect(
      work.transaction(async () => await work.direct.clusters.list({ limit: 1 })),
    ).rejects.toThrow(/inside a transaction/);
    await expect(
      work.transaction(async () => await work.transaction(async () => 1)),
    ).rejects.toThrow(/inside a transaction/);
  });

  it('gives sealed bytes back equal, and the newest state', async () => {
    const made = await cluster();
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const sealed = { keyId: 'k', bytes };
    for (const serial of [3, 12, 5]) {
      await work.direct.states.save({ cluster_id: made.id, lineage: 'l', serial, sealed });
    }
    const latest = await work.direct.states.latest(made.id);
    expect(latest?.serial).toBe(12);
    expect(Uint8Array.from(latest?.sealed.bytes ?? [])).toEqual(bytes);
    await work.direct.secrets.insertIfAbsent(made.id, 'a', sealed);
    await work.direct.secrets.insertIfAbsent(made.id, 'a', { keyId: 'other', bytes });
    expect((await work.direct.secrets.get(made.id, 'a'))?.keyId).toBe('k');
  });

  it('keeps a plan with arrays and nulls as they are', async () => {
    const made = await cluster();
    const operation = await work.direct.operations.insert(operationOn(made));
    const plan = {
      id: randomUUID(),
      cluster_id: made.id,
      operation_id: operation.id,
      infrastructure_revision: 1,
      state: 'ready' as const,
      destroy: false,
      digest: 'sha256:00',
      lock_file: '',
      base_state: null,
      engine: { name: 'terraform', version: '1.11.4', configuration_digest: 'sha256:01' },
      summary: { add: 1, change: 0, replace: 0, destroy: 0, empty: false },
      changes: [
        {
          address: 'a.b',
          type: 'a',
          name: 'b',
          actions: ['create'],
          before: null,
          after: { list: [1, [2]] },
          action_reason: null,
          attributes: ['list'],
          node: null,
          part: null,
          role: null,
          effect: 'adds' as const,
        },
      ],
      files: [],
      sealed_file: { keyId: 'k', bytes: Uint8Array.of(0, 255) },
      context: null,
      starts: [{ node: 'pg-1', observed_at: '2026-01-01T00:00:00.000Z' }],
      refusals: [
        {
          reason: 'removes-data' as const,
          node: 'pg-1',
          role: 'replica' as const,
          address: 'a.b',
          attributes: ['list'],
          message: 'm',
          action: 'a',
          remedies: [],
        },
      ],
      outcome: null,
    };
    await work.direct.plans.insert(plan);
    const stored = await work.direct.plans.latest(made.id);
    expect(stored).toMatchObject({ ...plan, sealed_file: { keyId: 'k' } });
    await work.direct.plans.retireReady(made.id);
    expect((await work.direct.plans.get(plan.id)).state).toBe('stale');
    await work.direct.operations.setState(operation.id, 'cancelled');
  });
});
