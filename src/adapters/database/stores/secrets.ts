import type { Kysely } from 'kysely';
import type { Sealed } from '../../../ports/secrets.ts';
import type { SecretStore } from '../../../ports/stores.ts';
import type { Schema } from '../schema.ts';

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
