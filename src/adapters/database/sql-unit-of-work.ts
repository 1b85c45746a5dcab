import { AsyncLocalStorage } from 'node:async_hooks';
import { type CompiledQuery, type Kysely, sql } from 'kysely';
import type { Lease, Stores } from '../../ports/stores.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import { translateDatabaseError, translating } from './database-errors.ts';
import type { Schema } from './schema.ts';
import { SqlClusterStore } from './stores/clusters.ts';
import { SqlIdempotencyStore } from './stores/idempotency.ts';
import { SqlObservationStore } from './stores/observations.ts';
import { SqlOperationStore } from './stores/operations.ts';
import { SqlPlanStore } from './stores/plans.ts';
import { SqlRecordIdStore } from './stores/record-ids.ts';
import { SqlReportStore } from './stores/reports.ts';
import { SqlSampleStore } from './stores/samples.ts';
import { SqlSecretStore } from './stores/secrets.ts';
import { SqlStateStore } from './stores/states.ts';
import { SqlWebhookStore } from './stores/webhooks.ts';

/**
 * Transaction ids are never reused, so a snapshot does not occur twice on one server. A promoted
 * standby that lacks the last transactions could repeat a snapshot. The value therefore includes
 * the start time of the server. The parameter makes the statement a prepared one.
 * @see PostgreSQL docs, "Transaction ID and Snapshot Information Functions"
 */
const SNAPSHOT = sql<{ snapshot: string }>`
SELECT concat_ws(${' '}::text, pg_current_snapshot(), pg_postmaster_start_time()) AS snapshot`;

/** Marks code that runs inside a transaction, across all its awaits. */
const insideTransaction = new AsyncLocalStorage<true>();

export class SqlUnitOfWork implements UnitOfWork {
  readonly direct: Stores;
  readonly #db: Kysely<Schema>;
  readonly #snapshotQuery: CompiledQuery<{ snapshot: string }>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
    this.#snapshotQuery = SNAPSHOT.compile(db);
    this.direct = guarded(translating(storesOn(db)));
  }

  async snapshot(): Promise<string> {
    refuseInside();
    try {
      const { rows } = await this.#db.executeQuery(this.#snapshotQuery);
      return rows[0]?.snapshot ?? '';
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  async transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return await this.#run((stores) => work(stores));
  }

  async fenced<T>(lease: Lease, work: (stores: Stores) => Promise<T>): Promise<T> {
    return await this.#run(async (stores) => {
      await stores.operations.holdLease(lease);
      return await work(stores);
    });
  }

  async #run<T>(work: (stores: ReturnType<typeof storesOn>) => Promise<T>): Promise<T> {
    refuseInside();
    try {
      return await this.#db
        .transaction()
        .execute((trx) => insideTransaction.run(true, () => work(storesOn(trx))));
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}

function storesOn(db: Kysely<Schema>) {
  return {
    clusters: new SqlClusterStore(db),
    operations: new SqlOperationStore(db),
    plans: new SqlPlanStore(db),
    states: new SqlStateStore(db),
    reports: new SqlReportStore(db),
    secrets: new SqlSecretStore(db),
    idempotency: new SqlIdempotencyStore(db),
    observations: new SqlObservationStore(db),
    samples: new SqlSampleStore(db),
    webhooks: new SqlWebhookStore(db),
    recordIds: new SqlRecordIdStore(db),
  };
}

/**
 * Inside a transaction, the outer stores wait for ever on PGlite, which has one connection. On
 * PostgreSQL they would succeed. To make the defect visible, they throw on both.
 */
function guarded(stores: Stores): Stores {
  return new Proxy(stores, {
    get(target, name) {
      refuseInside();
      return Reflect.get(target, name);
    },
  });
}

function refuseInside(): void {
  if (insideTransaction.getStore()) {
    throw new Error('the outer database was used inside a transaction; use the stores passed in');
  }
}
