import { type Kysely, type Selectable, sql } from 'kysely';
import type { ClusterEvent } from '../../../core/observation/cluster-event.ts';
import type { Failover } from '../../../core/observation/failover.ts';
import type {
  ObservationRecord,
  ObservationStore,
  ObservationUpdate,
  ObserverIdentity,
} from '../../../ports/observation-store.ts';
import type { Page } from '../../../ports/page.ts';
import type { ObservationsTable, Schema } from '../schema.ts';
import { time } from './columns.ts';

/**
 * Serialises the inserts of events. Otherwise a transaction could commit a lower sequence after a
 * higher one was read, and a follower would miss it.
 */
const EVENTS_LOCK = 7_201_991;

export class SqlObservationStore implements ObservationStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async claim(
    { id, site }: ObserverIdentity,
    boundTargets: readonly string[],
    seconds: number,
  ): Promise<string[]> {
    const expires = sql<Date>`clock_timestamp() + make_interval(secs => ${seconds}::int)`;
    await this.#db
      .insertInto('observers')
      .values({ id, site, expires_at: expires })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ expires_at: expires }))
      .execute();
    const live = sql`select observers.id from observers where expires_at > clock_timestamp()`;
    await sql`
      insert into observations (cluster_id, holder)
      select clusters.id, ${id} from clusters
        left join observations on observations.cluster_id = clusters.id
       where clusters.destroyed_at is null
         and clusters.ansible_executed_revision is not null
         and (clusters.site = ${site} or clusters.spec ->> 'target' not in (
                select json_array_elements_text(${JSON.stringify(boundTargets)}::json)))
         and (observations.cluster_id is null
              or (observations.holder <> ${id} and observations.holder not in (${live})))
      on conflict (cluster_id) do update set holder = excluded.holder
       where observations.holder not in (${live})`.execute(this.#db);
    const rows = await this.#db
      .selectFrom('observations')
      .innerJoin('clusters', 'clusters.id', 'observations.cluster_id')
      .select('cluster_id')
      .where('holder', '=', id)
      .where('clusters.destroyed_at', 'is', null)
      .where('clusters.ansible_executed_revision', 'is not', null)
      .execute();
    return rows.map((row) => row.cluster_id);
  }

  async releaseSite(site: string): Promise<void> {
    await this.#db.deleteFrom('observers').where('site', '=', site).execute();
  }

  async release({ id }: ObserverIdentity): Promise<void> {
    await this.#db.deleteFrom('observers').where('id', '=', id).execute();
  }

  async save(
    { id }: ObserverIdentity,
    updates: readonly ObservationUpdate[],
  ): Promise<ClusterEvent[]> {
    const rows = updates.map(
      ({ events: _events, failovers: _failovers, samples: _samples, ...row }) => row,
    );
    const saved = await sql<{ cluster_id: string }>`
      update observations
         set topology = new.topology,
             primary_state = new.primary_state,
             roles_changed_at = new.roles_changed_at,
             conditions = new.conditions,
             nodes = new.nodes,
             observed_at = new.observed_at
        from json_to_recordset(${JSON.stringify(rows)}::json) as new (
               cluster_id uuid, topology json, primary_state json, roles_changed_at timestamptz,
               conditions json, nodes json, observed_at timestamptz)
       where observations.cluster_id = new.cluster_id and observations.holder = ${id}
      returning observations.cluster_id`.execute(this.#db);
    const held = new Set(saved.rows.map((row) => row.cluster_id));
    const events = updates.flatMap(({ cluster_id, events }) =>
      held.has(cluster_id)
        ? events.map((event) => ({ ...event, cluster_id, data: JSON.stringify(event.data) }))
        : [],
    );
    const failovers = updates.flatMap(({ cluster_id, failovers: found }) =>
      held.has(cluster_id)
        ? found.map((one) => ({ cluster_id, document: JSON.stringify(one) }))
        : [],
    );
    if (failovers.length > 0) await this.#db.insertInto('failovers').values(failovers).execute();
    if (events.length === 0) return [];
    await sql`select pg_advisory_xact_lock(${EVENTS_LOCK})`.execute(this.#db);
    const stored = await this.#db
      .insertInto('cluster_events')
      .values(events)
      .returning('sequence')
      .execute();
    return await this.#events(stored.map(({ sequence }) => sequence));
  }

  async #events(sequences: readonly number[]): Promise<ClusterEvent[]> {
    const rows = await this.#eventRows()
      .where('sequence', 'in', [...sequences])
      .execute();
    return rows.map(toEvent);
  }

  #eventRows() {
    return this.#db
      .selectFrom('cluster_events')
      .innerJoin('clusters', 'clusters.id', 'cluster_events.cluster_id')
      .select(['sequence', 'clusters.name as cluster', 'type', 'data', 'at'])
      .orderBy('sequence');
  }

  async failovers(clusterId: string, { after, limit }: Page): Promise<Failover[]> {
    let query = this.#db
      .selectFrom('failovers')
      .innerJoin('clusters', 'clusters.id', 'failovers.cluster_id')
      .select(['failovers.id', 'clusters.name', 'document'])
      .where('cluster_id', '=', clusterId);
    if (after !== undefined) query = query.where('failovers.id', '<', Number(after));
    const rows = await query.orderBy('failovers.id', 'desc').limit(limit).execute();
    return rows.map(({ id, name, document }) => ({ id: String(id), cluster: name, ...document }));
  }

  async get(clusterId: string): Promise<ObservationRecord | null> {
    const row = await this.#db
      .selectFrom('observations')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .executeTakeFirst();
    return row === undefined ? null : toRecord(row);
  }

  async eventsAfter(
    clusterId: string | null,
    sequence: number,
    limit: number,
  ): Promise<ClusterEvent[]> {
    let query = this.#eventRows().where('sequence', '>', sequence);
    if (clusterId !== null) query = query.where('cluster_id', '=', clusterId);
    return (await query.limit(limit).execute()).map(toEvent);
  }

  async newestEvent(clusterId: string | null): Promise<number> {
    let query = this.#db
      .selectFrom('cluster_events')
      .select(({ fn }) => fn.max('sequence').as('newest'));
    if (clusterId !== null) query = query.where('cluster_id', '=', clusterId);
    const row = await query.executeTakeFirst();
    return Number(row?.newest ?? 0);
  }
}

function toEvent(row: {
  sequence: number;
  cluster: string;
  type: ClusterEvent['type'];
  data: ClusterEvent['data'];
  at: Date;
}): ClusterEvent {
  return { ...row, sequence: Number(row.sequence), at: row.at.toISOString() } as ClusterEvent;
}

function toRecord({ holder: _holder, ...row }: Selectable<ObservationsTable>): ObservationRecord {
  return {
    ...row,
    roles_changed_at: time(row.roles_changed_at),
    observed_at: time(row.observed_at),
  };
}
