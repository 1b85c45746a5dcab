import type { Kysely } from 'kysely';
import type { StateStore, StateVersion } from '../../../ports/stores.ts';
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
