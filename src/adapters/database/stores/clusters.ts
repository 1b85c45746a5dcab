import { type Kysely, type Selectable, sql } from 'kysely';
import { jsonObjectFrom } from 'kysely/helpers/postgres';
import { clusterExists } from '../../../core/cluster/cluster-errors.ts';
import { HathiError } from '../../../core/errors.ts';
import { UNFINISHED_STATES } from '../../../core/operation/operation-state.ts';
import type {
  ClusterChanges,
  ClusterRecord,
  ClusterStore,
  ClusterSummary,
  ObservationSummary,
  Page,
  UnfinishedOperation,
} from '../../../ports/stores.ts';
import type { ClustersTable, Schema } from '../schema.ts';
import { json, time } from './columns.ts';

/** Limit for suggestions, which compare a name with each of these names. */
const MOST_NAMES = 200;

export class SqlClusterStore implements ClusterStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** PostgreSQL prepares this statement once, so its length adds no cost. */
  #summaries() {
    return this.#living().select(({ selectFrom }) => [
      jsonObjectFrom(
        selectFrom('operations')
          .select(['operations.id', 'operations.cluster_id', 'kind', 'state'])
          .whereRef('cluster_id', '=', 'clusters.id')
          .where('access', '=', 'change')
          .where('state', 'in', [...UNFINISHED_STATES]),
      ).as('operation'),
      jsonObjectFrom(
        selectFrom('reports')
          .select(['reports.id', 'passed', 'reports.created_at'])
          .whereRef('cluster_id', '=', 'clusters.id')
          .orderBy('reports.created_at', 'desc')
          .orderBy('reports.id', 'desc')
          .limit(1),
      ).as('report'),
      jsonObjectFrom(
        selectFrom('observations')
          .select(['topology', 'conditions', 'roles_changed_at', 'observed_at'])
          .whereRef('cluster_id', '=', 'clusters.id')
          .where('observed_at', 'is not', null),
      ).as('observation'),
    ]);
  }

  #living() {
    return this.#db.selectFrom('clusters').selectAll().where('destroyed_at', 'is', null);
  }

  async find(name: string): Promise<ClusterRecord | null> {
    const row = await this.#living().where('name', '=', name).executeTakeFirst();
    return row ? toRecord(row) : null;
  }

  async findSummary(name: string): Promise<ClusterSummary | null> {
    const row = await this.#summaries().where('name', '=', name).executeTakeFirst();
    return row ? toSummary(row) : null;
  }

  async summaries(ids: readonly string[]): Promise<ClusterSummary[]> {
    if (ids.length === 0) return [];
    const rows = await this.#summaries()
      .where('id', 'in', [...ids])
      .execute();
    return rows.map(toSummary);
  }

  async findForUpdate(name: string): Promise<ClusterRecord | null> {
    const row = await this.#living().where('name', '=', name).forUpdate().executeTakeFirst();
    return row ? toRecord(row) : null;
  }

  async get(id: string): Promise<ClusterRecord> {
    const row = await this.#db
      .selectFrom('clusters')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) throw new HathiError('CLUSTER_NOT_FOUND', `There is no cluster with the id ${id}.`);
    return toRecord(row);
  }

  async list(
    { after, limit }: Page,
    label?: { name: string; value: string },
  ): Promise<ClusterSummary[]> {
    let query = this.#summaries();
    if (after !== undefined) query = query.where('name', '>', after);
    if (label) query = query.where(sql<boolean>`labels ->> ${label.name} = ${label.value}`);
    return (await query.orderBy('name').limit(limit).execute()).map(toSummary);
  }

  async names(): Promise<string[]> {
    const rows = await this.#living().select('name').orderBy('name').limit(MOST_NAMES).execute();
    return rows.map(({ name }) => name);
  }

  async networkIndexes(site: string): Promise<number[]> {
    const rows = await this.#db
      .selectFrom('clusters')
      .select('network_index')
      .where('site', '=', site)
      .where('destroyed_at', 'is', null)
      .execute();
    return rows.map((row) => row.network_index).filter((index) => index !== null);
  }

  async insert(record: Omit<ClusterRecord, 'created_at' | 'updated_at'>): Promise<ClusterRecord> {
    // On a conflict with a unique index, the insert does nothing. An error would end the
    // transaction.
    const row = await this.#db
      .insertInto('clusters')
      .values({
        ...record,
        spec: JSON.stringify(record.spec),
        applied_spec: json(record.applied_spec),
        executed_spec: json(record.executed_spec),
        nodes: json(record.nodes),
        topology: json(record.topology),
        node_size: json(record.node_size),
        labels: JSON.stringify(record.labels),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row) return toRecord(row);
    throw (await this.find(record.name)) ? clusterExists(record.name) : networkTaken();
  }

  async update(id: string, changes: ClusterChanges): Promise<void> {
    const { spec, applied_spec, executed_spec, nodes, topology, node_size, labels, ...columns } =
      changes;
    await this.#db
      .updateTable('clusters')
      .set({
        ...columns,
        ...(spec === undefined ? {} : { spec: JSON.stringify(spec) }),
        ...(applied_spec === undefined ? {} : { applied_spec: json(applied_spec) }),
        ...(executed_spec === undefined ? {} : { executed_spec: json(executed_spec) }),
        ...(nodes === undefined ? {} : { nodes: json(nodes) }),
        ...(topology === undefined ? {} : { topology: json(topology) }),
        ...(node_size === undefined ? {} : { node_size: json(node_size) }),
        ...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
        updated_at: sql`clock_timestamp()`,
      })
      .where('id', '=', id)
      .execute();
  }
}

function networkTaken(): HathiError {
  return new HathiError('NETWORK_TAKEN', 'Another cluster took the network. Retry.');
}

interface SummaryRow extends Selectable<ClustersTable> {
  operation: { id: string; cluster_id: string; kind: string; state: string } | null;
  report: { id: string; passed: boolean; created_at: string | Date } | null;
  observation: ObservationSummary | null;
}

function toSummary({ operation, report, observation, ...row }: SummaryRow): ClusterSummary {
  return {
    cluster: toRecord(row),
    operation: operation as UnfinishedOperation | null,
    report: report && { ...report, created_at: new Date(report.created_at).toISOString() },
    observation: observation && {
      ...observation,
      roles_changed_at: instant(observation.roles_changed_at),
      observed_at: instant(observation.observed_at),
    },
  };
}

/** A time that the database wrote into JSON. */
function instant(text: string | null): string | null {
  return text === null ? null : new Date(text).toISOString();
}

function toRecord(row: Selectable<ClustersTable>): ClusterRecord {
  return {
    ...row,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    destroyed_at: time(row.destroyed_at),
  };
}
