import type { Kysely } from 'kysely';
import { HathiError } from '../../../core/errors.ts';
import type { Page, ReportRecord, ReportStore } from '../../../ports/stores.ts';
import type { Schema } from '../schema.ts';

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
