import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqlUnitOfWork } from '../../../src/adapters/database/sql-unit-of-work.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { planOperation } from '../../../src/core/procedures/procedures.ts';
import { createEventStream } from '../../../src/services/operations/follow-events.ts';
import { newCluster } from '../../support/clusters.ts';
import { DATABASE_KINDS, openTestDatabase, type TestDatabase } from '../../support/databases.ts';

describe.each(DATABASE_KINDS)('following events on %s', (kind) => {
  let opened: TestDatabase;
  let work: SqlUnitOfWork;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    work = new SqlUnitOfWork(opened.database.db);
  }, 120_000);
  afterAll(async () => await opened?.stop());

  const scenario = fc.record({
    stored: fc.nat(20),
    from: fc.nat(30),
    batches: fc.array(fc.record({ size: fc.integer({ min: 1, max: 5 }), notify: fc.boolean() }), {
      maxLength: 6,
    }),
  });

  it('gives every event after the sequence once, in order, from the store and then live', async () => {
    const stream = createEventStream({
      unitOfWork: work,
      wakeups: opened.database.wakeups,
      clock: systemClock,
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ stored, from, batches }) => {
        const cluster = await work.direct.clusters.insert(newCluster());
        const { id } = await work.direct.operations.insert({
          id: randomUUID(),
          cluster_id: cluster.id,
          site: null,
          ...planOperation('plan-terraform', cluster),
          input: {},
          approval: 'automatic',
          idempotency_key: null,
        });
        const append = (count: number) =>
          work.transaction(({ operations }) =>
            operations.appendEvents(
              id,
              1,
              Array.from({ length: count }, () => ({
                type: 'operation.awaiting-approval' as const,
                stage: null,
                position: null,
                data: {},
              })),
            ),
          );
        await append(stored);
        const seen: number[] = [];
        const follower = (async () => {
          for await (const event of stream.follow(id, from, AbortSignal.timeout(20_000))) {
            seen.push(event.sequence);
          }
        })();
        for (const { size, notify } of batches) {
          await append(size);
          if (notify) await opened.database.wakeups.notify(`events:${id}`);
        }
        await work.transaction(async ({ operations }) => {
          await operations.setState(id, 'cancelled');
          await operations.appendEvents(id, 1, [
            { type: 'operation.cancelled', stage: null, position: null, data: {} },
          ]);
        });
        await opened.database.wakeups.notify(`events:${id}`);
        await follower;
        const total = stored + batches.reduce((sum, { size }) => sum + size, 0) + 1;
        const expected = Array.from({ length: total }, (_, index) => index + 1).filter(
          (sequence) => sequence > from,
        );
        expect(seen).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});
