import { type Kysely, sql } from 'kysely';
import {
  MINUTES_KEPT_SECONDS,
  ROUNDS_KEPT_SECONDS,
  type Sample,
  SERIES,
  SERIES_NAMES,
  type Series,
} from '../../../core/observation/series.ts';
import type { SampleStore, SeriesQuery } from '../../../ports/sample-store.ts';
import type { Schema } from '../schema.ts';

/** A deletion of this number of rows takes milliseconds, so no other statement waits for long. */
const PRUNED_ROWS = 5_000;
const MINUTE_SECONDS = 60;
/** Minutes of one call; after a long stop, the next calls continue. */
const MOST_MINUTES = 60;

export class SqlSampleStore implements SampleStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async insert(clusterId: string, samples: readonly Sample[]): Promise<void> {
    if (samples.length === 0) return;
    await this.#db
      .insertInto('samples')
      .values(samples.map((sample) => ({ cluster_id: clusterId, ...sample })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async series({ clusterId, metric, from, to, resolutionSeconds }: SeriesQuery) {
    const table = resolutionSeconds < MINUTE_SECONDS ? 'samples' : 'sample_minutes';
    const column = sql.ref(metric);
    const value =
      SERIES[metric].kind === 'gauge'
        ? sql`avg(value)`
        : // A counter that became smaller was reset.
          sql`sum(greatest(value - before, 0)) / nullif(sum(seconds), 0)`;
    const { rows } = await sql<{ node: string; at: Date; value: number }>`
      select node, date_bin(make_interval(secs => ${resolutionSeconds}::int), at, 'epoch') as at,
             (${value})::float8 as value
        from (select node, at, ${column}::float8 as value,
                     lag(${column}) over previous as before,
                     extract(epoch from at - lag(at) over previous) as seconds
                from ${sql.table(table)}
               where cluster_id = ${clusterId}::uuid and at >= ${from} and at < ${to}
                 and ${column} is not null
              window previous as (partition by node order by at)) as points
       group by 1, 2 having (${value}) is not null order by 1, 2`.execute(this.#db);
    const nodes = new Map<string, Series['nodes'][number]>();
    for (const row of rows) {
      const node = nodes.get(row.node) ?? { name: row.node, points: [] };
      node.points.push({ at: new Date(row.at).toISOString(), value: row.value });
      nodes.set(row.node, node);
    }
    return [...nodes.values()];
  }

  async aggregate(now: Date): Promise<void> {
    const columns = sql.join(SERIES_NAMES.map((name) => sql.ref(name)));
    // A counter keeps its last value, so that its rate over minutes is exact.
    const values = sql.join(
      SERIES_NAMES.map((name) =>
        SERIES[name].kind === 'gauge' ? sql`avg(${sql.ref(name)})` : sql`max(${sql.ref(name)})`,
      ),
    );
    await sql`
      with since as (
        select date_trunc('minute', min(at)) as at from samples
         where at >= coalesce((select max(at) + interval '1 minute' from sample_minutes), '-infinity'))
      insert into sample_minutes (cluster_id, node, at, ${columns})
      select cluster_id, node, date_trunc('minute', samples.at), ${values}
        from samples, since
       where samples.at >= since.at
         and samples.at < least(date_trunc('minute', ${now}::timestamptz),
                                since.at + make_interval(mins => ${MOST_MINUTES}))
       group by 1, 2, 3
      on conflict do nothing`.execute(this.#db);
  }

  async prune(now: Date): Promise<boolean> {
    const rounds = await this.#remove('samples', now, ROUNDS_KEPT_SECONDS);
    const minutes = await this.#remove('sample_minutes', now, MINUTES_KEPT_SECONDS);
    return rounds === PRUNED_ROWS || minutes === PRUNED_ROWS;
  }

  async #remove(table: string, now: Date, seconds: number): Promise<number> {
    const { numAffectedRows = 0n } = await sql`
      delete from ${sql.table(table)} where ctid = any (array(
        select ctid from ${sql.table(table)}
         where at < ${now}::timestamptz - make_interval(secs => ${seconds}::int)
         limit ${PRUNED_ROWS}))`.execute(this.#db);
    return Number(numAffectedRows);
  }
}
