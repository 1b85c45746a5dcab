import { type Kysely, sql } from 'kysely';
import { idRange, type RecordKind } from '../../../core/record-id.ts';
import type { RecordIdStore } from '../../../ports/stores.ts';
import type { Schema } from '../schema.ts';

const TABLES = { operation: 'operations', plan: 'plans', report: 'reports' } as const;

export class SqlRecordIdStore implements RecordIdStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async startingWith(kind: RecordKind, prefix: string, most: number): Promise<string[]> {
    const { first, last } = idRange(prefix);
    const { rows } = await sql<{ id: string }>`
      select id from ${sql.table(TABLES[kind])}
      where id between ${first}::uuid and ${last}::uuid
      order by id limit ${most}`.execute(this.#db);
    return rows.map(({ id }) => id);
  }
}
