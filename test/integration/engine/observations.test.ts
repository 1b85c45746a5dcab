import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqlUnitOfWork } from '../../../src/adapters/database/sql-unit-of-work.ts';
import type { Sample } from '../../../src/core/observation/series.ts';
import type { ObservationUpdate } from '../../../src/ports/observation-store.ts';
import type { ClusterRecord } from '../../../src/ports/stores.ts';
import { newCluster } from '../../support/clusters.ts';
import { DATABASE_KINDS, openTestDatabase, type TestDatabase } from '../../support/databases.ts';

const BOUND = ['local'];
const NOW = new Date('2026-01-12T10:00:30.000Z');
const before = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000);

const sample = (at: Date, values: Partial<Sample> = {}): Sample => ({
  node: 'a-1',
  at: at.toISOString(),
  lag_bytes: null,
  lag_seconds: null,
  connections: null,
  commits: null,
  wal_bytes: null,
  disk_used_ratio: null,
  memory_used_ratio: null,
  load: null,
  ...values,
});

describe.each(DATABASE_KINDS)('observations on %s', (kind) => {
  let opened: TestDatabase;
  let work: SqlUnitOfWork;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    work = new SqlUnitOfWork(opened.database.db);
  }, 120_000);
  afterAll(async () => await opened?.stop());

  /** A cluster whose nodes have PostgreSQL. */
  const executed = async (site: string, more: Partial<ClusterRecord> = {}) =>
    await work.direct.clusters.insert(newCluster({ site, ansible_executed_revision: 1, ...more }));
  const observer = (site: string) => ({ id: randomUUID(), site });
  const update = (cluster: ClusterRecord, more: Partial<ObservationUpdate> = {}) => ({
    cluster_id: cluster.id,
    topology: { primary: 'a-1', nodes: [], observed_at: NOW.toISOString() },
    primary_state: { node: 'a-1', timeline: 1 },
    roles_changed_at: null,
    conditions: [],
    nodes: [],
    observed_at: NOW.toISOString(),
    events: [],
    failovers: [],
    samples: [],
    ...more,
  });
  const rolesChanged = (primary: string) => ({
    type: 'roles.changed' as const,
    data: { primary, timeline: 2, previous_primary: 'a-1', previous_timeline: 1 },
    at: NOW.toISOString(),
  });

  it('gives a cluster to one observer, of its own site only', async () => {
    const site = randomUUID();
    const cluster = await executed(site);
    const [one, other, foreign] = [observer(site), observer(site), observer(randomUUID())];
    const { observations } = work.direct;
    expect(await observations.claim(foreign, BOUND, 30)).not.toContain(cluster.id);
    expect(await observations.claim(one, BOUND, 30)).toContain(cluster.id);
    expect(await observations.claim(other, BOUND, 30)).not.toContain(cluster.id);
    expect(await observations.claim(one, BOUND, 30)).toContain(cluster.id);
  });

  it('gives a cluster that is not bound to a site to any observer', async () => {
    const cluster = await executed(randomUUID());
    expect(await work.direct.observations.claim(observer(randomUUID()), [], 30)).toContain(
      cluster.id,
    );
  });

  it('moves a cluster when its observer was released or its lease ended', async () => {
    const site = randomUUID();
    const cluster = await executed(site);
    const [one, other, third] = [observer(site), observer(site), observer(site)];
    const { observations } = work.direct;
    await observations.claim(one, BOUND, 30);
    await observations.release(one);
    expect(await observations.claim(other, BOUND, 0)).toContain(cluster.id);
    expect(await observations.claim(third, BOUND, 30)).toContain(cluster.id);
    await observations.releaseSite(site);
    expect(await observations.claim(one, BOUND, 30)).toContain(cluster.id);
  });

  it('does not observe a cluster without PostgreSQL, nor a destroyed one', async () => {
    const site = randomUUID();
    await executed(site, { ansible_executed_revision: null });
    await executed(site, { destroyed_at: NOW.toISOString(), network_index: null });
    expect(await work.direct.observations.claim(observer(site), BOUND, 30)).toEqual([]);
  });

  it('stores what its holder observed, and nothing of another one', async () => {
    const site = randomUUID();
    const cluster = await executed(site);
    const [one, other] = [observer(site), observer(site)];
    const { observations, clusters } = work.direct;
    await observations.claim(one, BOUND, 30);
    const first = update(cluster, { events: [rolesChanged('a-2')] });
    await work.transaction((stores) => stores.observations.save(one, [first]));
    const late = update(cluster, {
      observed_at: before(60).toISOString(),
      events: [rolesChanged('a-3')],
    });
    await work.transaction((stores) => stores.observations.save(other, [late]));
    const { events: _events, failovers: _failovers, samples: _samples, ...record } = first;
    expect(await observations.get(cluster.id)).toEqual(record);
    expect((await clusters.findSummary(cluster.name))?.observation).toEqual({
      topology: record.topology,
      conditions: [],
      roles_changed_at: null,
      observed_at: record.observed_at,
    });
    const stored = await observations.eventsAfter(cluster.id, 0, 10);
    expect(stored.map(({ data }) => data)).toEqual([rolesChanged('a-2').data]);
  });

  it('numbers the events of all clusters in one order', async () => {
    const site = randomUUID();
    const [a, b] = [await executed(site), await executed(site, { network_index: null })];
    const one = observer(site);
    const { observations } = work.direct;
    await observations.claim(one, BOUND, 30);
    const start = await observations.newestEvent(null);
    for (const cluster of [a, b, a]) {
      const next = update(cluster, { events: [rolesChanged(cluster.name)] });
      await work.transaction((stores) => stores.observations.save(one, [next]));
    }
    const all = await observations.eventsAfter(null, start, 10);
    expect(all.map(({ cluster }) => cluster)).toEqual([a.name, b.name, a.name]);
    const rest = await observations.eventsAfter(a.id, all[0]?.sequence ?? 0, 10);
    expect(rest.map(({ sequence }) => sequence)).toEqual([all[2]?.sequence]);
    expect(await observations.newestEvent(null)).toBe(all[2]?.sequence);
  });

  it('averages gauges, and computes rates of counters also over a reset', async () => {
    const { samples } = work.direct;
    const clusterId = randomUUID();
    const rounds = [
      { connections: 2, commits: 100 },
      { connections: 4, commits: 200 },
      { connections: 6, commits: 20 },
      { connections: 8, commits: 120 },
    ];
    await samples.insert(
      clusterId,
      rounds.map((values, index) => sample(before(20 - index * 5), values)),
    );
    const query = { clusterId, from: before(60), to: NOW, resolutionSeconds: 30 };
    const gauge = await samples.series({ ...query, metric: 'connections' });
    expect(gauge).toEqual([
      { name: 'a-1', points: [{ at: '2026-01-12T10:00:00.000Z', value: 5 }] },
    ]);
    const rate = await samples.series({ ...query, metric: 'commits' });
    expect(rate[0]?.points[0]?.value).toBeCloseTo(200 / 15);
    expect(await samples.series({ ...query, metric: 'lag_bytes' })).toEqual([]);
  });

  it('makes averages of complete minutes once, and removes what is too old', async () => {
    const { samples } = work.direct;
    const clusterId = randomUUID();
    const old = new Date(NOW.getTime() - 3 * 86_400_000);
    await samples.insert(clusterId, [
      sample(old, { load: 9 }),
      sample(before(90), { load: 1 }),
      sample(before(85), { load: 3 }),
      sample(before(5), { load: 7 }),
    ]);
    for (let call = 0; call < 100; call++) await samples.aggregate(NOW);
    const query = { clusterId, metric: 'load' as const, to: NOW };
    const minutes = await samples.series({ ...query, from: before(600), resolutionSeconds: 60 });
    expect(minutes).toEqual([
      { name: 'a-1', points: [{ at: '2026-01-12T09:59:00.000Z', value: 2 }] },
    ]);
    expect(await samples.prune(NOW)).toBe(false);
    const from = new Date(old.getTime() - 1_000);
    const rounds = await samples.series({ ...query, from, resolutionSeconds: 5 });
    expect(rounds[0]?.points.map(({ value }) => value)).toEqual([1, 3, 7]);
  });

  it('lets a requested verification run beside an automatic one', async () => {
    const cluster = await executed(randomUUID());
    const { operations } = work.direct;
    const verification = (input: Record<string, unknown>) => ({
      id: randomUUID(),
      cluster_id: cluster.id,
      site: cluster.site,
      kind: 'verify-replication' as const,
      access: 'read' as const,
      stages: [
        { name: 'verify-replication' as const, node: null, needs_approval: false, run_after: null },
      ],
      input,
      approval: 'automatic' as const,
      idempotency_key: null,
    });
    await operations.insert(verification({ automatic: true }));
    await operations.insert(verification({}));
    await expect(operations.insert(verification({}))).rejects.toMatchObject({
      code: 'CLUSTER_BUSY',
    });
    const again = operations.insert(verification({ automatic: true }));
    await expect(again).rejects.toMatchObject({ code: 'CLUSTER_BUSY' });
  });
});
