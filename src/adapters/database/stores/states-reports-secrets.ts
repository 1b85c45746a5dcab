import type { Kysely } from 'kysely';
import { HathiError } from '../../../core/errors.ts';
import type { Sealed } from '../../../ports/secrets.ts';
import type {
  Page,
  ReportRecord,
  ReportStore,
  SecretStore,
  StateStore,
  StateVersion,
} from '../../../ports/stores.ts';
import type { Schema } from '../schema.ts';

export class SqlStateStore implements StateStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async save({ cluster_id, lineage, serial, sealed }: StateVersion): Promise<void> {
    const columns = { key_id: sealed.keyId, sealed: sealed.bytes };
    await this.#db
      .insertInto('terraform_states')
      .values({ cluster_id, lineage, serial, ...columns })
      .onConflict((conflict) =>
        conflict.columns(['cluster_id', 'lineage', 'serial']).doUpdateSet(columns),
      )
      .execute();
  }

  async latest(clusterId: string): Promise<StateVersion | null> {
    const newest = await this.#db
      .selectFrom('terraform_states')
      .select('lineage')
      .where('cluster_id', '=', clusterId)
      .orderBy('created_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (!newest) return null;
    const row = await this.#db
      .selectFrom('terraform_states')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .where('lineage', '=', newest.lineage)
      .orderBy('serial', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    return {
      cluster_id: row.cluster_id,
      lineage: row.lineage,
      serial: row.serial,
      sealed: { keyId: row.key_id, bytes: row.sealed },
    };
  }
}

export class SqlReportStore implements ReportStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async insert(report: Omit<ReportRecord, 'created_at'>): Promise<void> {
    await this.#db
      .insertInto('reports')
      .values({ ...report, document: JSON.stringify(report.document) })
      .execute();
  }

  async latest(clusterId: string): Promise<ReportRecord | null> {
    const row = await this.#db
      .selectFrom('reports')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row ? { ...row, created_at: row.created_at.toISOString() } : null;
  }

  async list(clusterId: string, { after, limit }: Page): Promise<ReportRecord[]> {
    let query = this.#db.selectFrom('reports').selectAll().where('cluster_id', '=', clusterId);
    if (after !== undefined) query = query.where('id', '<', after);
    const rows = await query.orderBy('id', 'desc').limit(limit).execute();
    return rows.map((row) => ({ ...row, created_at: row.created_at.toISOString() }));
  }

  async get(id: string): Promise<ReportRecord> {
    const row = await this.#db
      .selectFrom('reports')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) throw new HathiError('REPORT_NOT_FOUND', `There is no report ${id}.`);
    return { ...row, created_at: row.created_at.toISOString() };
  }
}

export class SqlSecretStore implements SecretStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async get(clusterId: string, name: string): Promise<Sealed | null> {
    const row = await this.#db
      .selectFrom('secrets')
      .select(['key_id', 'sealed'])
      .where('cluster_id', '=', clusterId)
      .where('name', '=', name)
      .executeTakeFirst();
    return row ? { keyId: row.key_id, bytes: row.sealed } : null;
  }

  async insertIfAbsent(clusterId: string, name: string, sealed: Sealed): Promise<void> {
    await this.#db
      .insertInto('secrets')
      .values({ cluster_id: clusterId, name, key_id: sealed.keyId, sealed: sealed.bytes })
      .onConflict((conflict) => conflict.columns(['cluster_id', 'name']).doNothing())
      .execute();
  }

  async replace(clusterId: string, name: string, sealed: Sealed): Promise<void> {
    const columns = { key_id: sealed.keyId, sealed: sealed.bytes };
    await this.#db
      .insertInto('secrets')
      .values({ cluster_id: clusterId, name, ...columns })
      .onConflict((conflict) => conflict.columns(['cluster_id', 'name']).doUpdateSet(columns))
      .execute();
  }

  async deleteAll(clusterId: string): Promise<void> {
    await this.#db.deleteFrom('secrets').where('cluster_id', '=', clusterId).execute();
  }
}
