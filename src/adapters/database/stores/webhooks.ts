import { type Kysely, type Selectable, sql } from 'kysely';
import type { CloudEvent, Delivery } from '../../../core/webhook/webhook.ts';
import type { Page } from '../../../ports/page.ts';
import type {
  AttemptResult,
  DueDelivery,
  WebhookRecord,
  WebhookStore,
} from '../../../ports/webhooks.ts';
import type { DeliveriesTable, Schema, WebhooksTable } from '../schema.ts';
import { time } from './columns.ts';

export class SqlWebhookStore implements WebhookStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async insert({ secret, events, clusters, ...webhook }: Omit<WebhookRecord, 'created_at'>) {
    const row = await this.#db
      .insertInto('webhooks')
      .values({
        ...webhook,
        events: JSON.stringify(events),
        clusters: JSON.stringify(clusters),
        key_id: secret.keyId,
        sealed: secret.bytes,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toWebhook(row);
  }

  async list(): Promise<WebhookRecord[]> {
    const rows = await this.#db.selectFrom('webhooks').selectAll().orderBy('id').execute();
    return rows.map(toWebhook);
  }

  async find(id: string): Promise<WebhookRecord | null> {
    const row = await this.#db
      .selectFrom('webhooks')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row ? toWebhook(row) : null;
  }

  async remove(id: string): Promise<void> {
    await this.#db.deleteFrom('webhooks').where('id', '=', id).execute();
  }

  async insertDelivery({
    event,
    ...delivery
  }: {
    id: string;
    webhook_id: string;
    type: string;
    sequence: number | null;
    event: CloudEvent;
  }): Promise<Delivery> {
    const row = await this.#db
      .insertInto('webhook_deliveries')
      .values({ ...delivery, event: JSON.stringify(event), next_at: sql<Date>`clock_timestamp()` })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toDelivery(row);
  }

  async deliveries(webhookId: string, { after, limit }: Page): Promise<Delivery[]> {
    let query = this.#db
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('webhook_id', '=', webhookId);
    if (after !== undefined) query = query.where('id', '<', after);
    const rows = await query.orderBy('id', 'desc').limit(limit).execute();
    return rows.map(toDelivery);
  }

  async claim(limit: number, seconds: number): Promise<DueDelivery[]> {
    const due = this.#db
      .selectFrom('webhook_deliveries')
      .select('id')
      .where('state', '=', 'pending')
      .where('next_at', '<=', sql<Date>`clock_timestamp()`)
      .orderBy('next_at')
      .limit(limit)
      .forUpdate()
      .skipLocked();
    const rows = await this.#db
      .updateTable('webhook_deliveries')
      .set({ next_at: sql<Date>`clock_timestamp() + make_interval(secs => ${seconds}::int)` })
      .where('id', 'in', due)
      .returningAll()
      .execute();
    const found: DueDelivery[] = [];
    for (const row of rows) {
      const webhook = await this.find(row.webhook_id);
      if (webhook) found.push({ webhook, delivery: { ...toDelivery(row), event: row.event } });
    }
    return found;
  }

  async finish(id: string, { status, error }: AttemptResult, nextAt: string | null) {
    const failed = nextAt === null ? 'failed' : 'pending';
    await this.#db
      .updateTable('webhook_deliveries')
      .set({
        state: error === null ? 'succeeded' : failed,
        attempts: sql`attempts + 1`,
        status,
        error,
        next_at: error === null ? null : nextAt,
      })
      .where('id', '=', id)
      .execute();
  }

  async prune(seconds: number): Promise<void> {
    await this.#db
      .deleteFrom('webhook_deliveries')
      .where('state', '<>', 'pending')
      .where(
        'created_at',
        '<',
        sql<Date>`clock_timestamp() - make_interval(secs => ${seconds}::int)`,
      )
      .execute();
  }
}

function toWebhook({ key_id, sealed, ...row }: Selectable<WebhooksTable>): WebhookRecord {
  return {
    ...row,
    created_at: row.created_at.toISOString(),
    secret: { keyId: key_id, bytes: sealed },
  };
}

function toDelivery({ event: _event, ...row }: Selectable<DeliveriesTable>): Delivery {
  return { ...row, created_at: row.created_at.toISOString(), next_at: time(row.next_at) };
}
