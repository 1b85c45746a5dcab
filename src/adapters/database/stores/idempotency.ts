import { type Kysely, sql } from 'kysely';
import type { IdempotencyRecord, IdempotencyStore, StoredResponse } from '../../../ports/stores.ts';
import type { Schema } from '../schema.ts';

export class SqlIdempotencyStore implements IdempotencyStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async take(key: string, fingerprint: string, holder: string): Promise<IdempotencyRecord | null> {
    const taken = await this.#db
      .insertInto('idempotency_keys')
      .values({ key, fingerprint, holder })
      .onConflict((conflict) => conflict.doNothing())
      .returning('key')
      .executeTakeFirst();
    if (taken) return null;
    const row = await this.#db
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('key', '=', key)
      .executeTakeFirst();
    // The key was released between the two statements. Retry as if it had never existed.
    if (!row) return await this.take(key, fingerprint, holder);
    const { status, location, body } = row;
    const response = status === null ? null : { status, location, body: body ?? '' };
    return { fingerprint: row.fingerprint, holder: row.holder, response };
  }

  async takeOver(key: string, from: string, holder: string): Promise<boolean> {
    const result = await this.#db
      .updateTable('idempotency_keys')
      .set({ holder })
      .where('key', '=', key)
      .where('holder', '=', from)
      .where('status', 'is', null)
      .executeTakeFirst();
    return Number(result.numUpdatedRows) === 1;
  }

  async storeResponse(key: string, response: StoredResponse): Promise<void> {
    await this.#db
      .updateTable('idempotency_keys')
      .set({ ...response })
      .where('key', '=', key)
      .execute();
  }

  async release(key: string): Promise<void> {
    await this.#db.deleteFrom('idempotency_keys').where('key', '=', key).execute();
  }

  async removeOlderThan(hours: number): Promise<void> {
    await this.#db
      .deleteFrom('idempotency_keys')
      .where('created_at', '<', sql<Date>`clock_timestamp() - make_interval(hours => ${hours})`)
      .execute();
  }
}
