import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqlUnitOfWork } from '../../src/adapters/database/sql-unit-of-work.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import type { ClusterEvent } from '../../src/core/observation/cluster-event.ts';
import type { ClusterRecord } from '../../src/ports/stores.ts';
import { ClusterEventStream } from '../../src/services/observation/follow-cluster-events.ts';
import { newCluster } from '../support/clusters.ts';
import { DATABASE_KINDS, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { ServerProcess } from '../support/server-process.ts';

const MOST_MILLISECONDS = 10_000;

describe.each(DATABASE_KINDS)('events of clusters on %s', (kind) => {
  const observer = { id: randomUUID(), site: 'abc123' };
  let opened: TestDatabase;
  let work: SqlUnitOfWork;
  let stream: ClusterEventStream;
  let cluster: ClusterRecord;
  let other: ClusterRecord;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    work = new SqlUnitOfWork(opened.database.db);
    const { wakeups } = opened.database;
    stream = new ClusterEventStream({ unitOfWork: work, wakeups, clock: systemClock });
    const { clusters, observations } = work.direct;
    cluster = await clusters.insert(newCluster({ ansible_executed_revision: 1 }));
    other = await clusters.insert(newCluster({ ansible_executed_revision: 1, network_index: 1 }));
    await observations.claim(observer, ['local'], 300);
  }, 120_000);
  afterAll(async () => await opened?.stop());

  /** Stores one event, as the observer does. */
  const change = async ({ id }: ClusterRecord, primary: string) => {
    const at = new Date().toISOString();
    const data = { primary, timeline: 2, previous_primary: 'a-1', previous_timeline: 1 };
    const update = {
      cluster_id: id,
      ...{ topology: null, primary_state: null, roles_changed_at: null },
      ...{ conditions: [], nodes: [], observed_at: at, failovers: [], samples: [] },
      events: [{ type: 'roles.changed' as const, data, at }],
    };
    await work.transaction((stores) => stores.observations.save(observer, [update]));
    await opened.database.wakeups.notify('cluster-events');
  };

  const primaryOf = ({ type, data }: ClusterEvent) =>
    type === 'roles.changed' ? data.primary : null;

  /** The primaries of the next events. */
  const take = async (events: AsyncIterator<ClusterEvent>, count: number) => {
    const found: (string | null)[] = [];
    while (found.length < count) {
      const next = await events.next();
      if (next.done) break;
      found.push(primaryOf(next.value));
    }
    return found;
  };

  const follow = (which: ClusterRecord | null, after: number, isEndless = true) => {
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), MOST_MILLISECONDS);
    end.signal.addEventListener('abort', () => clearTimeout(timer));
    const events = stream.follow(which, { after, isEndless, signal: end.signal });
    return { events, end };
  };

  it('begin with the stored ones, continue with each new one, and end with the caller', async () => {
    const start = await work.direct.observations.newestEvent(null);
    await change(cluster, 'stored');
    const { events, end } = follow(cluster, start);
    expect(await take(events, 1)).toEqual(['stored']);
    const next = take(events, 2);
    await change(other, 'of another cluster');
    await change(cluster, 'new');
    await change(cluster, 'newer');
    expect(await next).toEqual(['new', 'newer']);
    const last = events.next();
    end.abort();
    expect((await last).done).toBe(true);
  });

  it('of all clusters come in one order, to each of many followers', async () => {
    const start = await work.direct.observations.newestEvent(null);
    const followers = Array.from({ length: 20 }, () => follow(null, start));
    const taken = followers.map(({ events }) => take(events, 3));
    await change(cluster, 'one');
    await change(other, 'two');
    await change(cluster, 'three');
    for (const found of await Promise.all(taken)) expect(found).toEqual(['one', 'two', 'three']);
    for (const { end } of followers) end.abort();
  });

  it('continue behind the last event that a caller has', async () => {
    const start = await work.direct.observations.newestEvent(null);
    await change(cluster, 'seen');
    await change(cluster, 'missed');
    const seen = (await work.direct.observations.eventsAfter(null, start, 1))[0]?.sequence ?? 0;
    const { events, end } = follow(cluster, seen);
    expect(await take(events, 1)).toEqual(['missed']);
    end.abort();
  });

  it('can end after the stored ones', async () => {
    const start = await work.direct.observations.newestEvent(null);
    await change(cluster, 'only');
    expect(await take(follow(cluster, start, false).events, 5)).toEqual(['only']);
  });
});

describe('the routes', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.startWithFakeStages();
    await server.step('/generate-terraform', { instance_type: 't2.medium', replica_count: 1 });
  });
  afterAll(async () => await server?.destroy());

  it.each(['/api/v1/clusters/default/events', '/api/v1/events'])('%s is a stream', async (path) => {
    const { status, text } = await server.getText(`${path}?after=0&follow=false`);
    expect([status, text]).toEqual([200, 'retry: 1000\n\n']);
  });

  it('of a cluster that does not exist is a 404 before a stream begins', async () => {
    const { status, text } = await server.getText('/api/v1/clusters/nothing/events');
    expect([status, JSON.parse(text).code]).toEqual([404, 'CLUSTER_NOT_FOUND']);
  });

  it('reject a range that is empty or too long', async () => {
    for (const range of [
      'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
      'from=2020-01-01T00:00:00Z',
    ]) {
      const { status, body } = await server.get(
        `/api/v1/clusters/default/series?metric=load&${range}`,
      );
      expect([status, body.errors[0].path]).toEqual([400, '/from']);
    }
  });
});
