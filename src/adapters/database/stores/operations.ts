// Longer than other files: the whole queue, whose statements share their conditions.
import { CompiledQuery, type Kysely, sql } from 'kysely';
import { HathiError } from '../../../core/errors.ts';
import type { NewEvent, OperationEvent, StoredError } from '../../../core/operation/event.ts';
import type { OperationProgress, OperationRecord } from '../../../core/operation/operation.ts';
import {
  assertMayBecome,
  isFinished,
  type OperationState,
  UNFINISHED_STATES,
} from '../../../core/operation/operation-state.ts';
import type { OperationAccess, PlannedStage } from '../../../core/procedures/procedure.ts';
import type { OperationKind } from '../../../core/procedures/procedures.ts';
import type {
  ChildRecord,
  ClaimedOperation,
  Lease,
  NewOperation,
  OperationFilter,
  OperationStore,
  Page,
  StageUpdate,
  WorkerIdentity,
} from '../../../ports/stores.ts';
import type { Schema } from '../schema.ts';
import { findChild, forgetChild, saveChild } from './children.ts';
import { appendEvents, eventsAfter } from './events.ts';
import { clusterBusy, leaseLost } from './operation-errors.ts';
import { toOperation } from './operation-rows.ts';
import { RENEW_LEASE, renewLeaseValues } from './renew-lease.ts';
import { insertStages, replaceStages, setStage } from './stages.ts';

export class SqlOperationStore implements OperationStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async insert({ stages, ...operation }: NewOperation): Promise<OperationRecord> {
    const run_after = stages[0]?.run_after ?? null;
    // On a conflict with a unique index, the insert does nothing. An error would end the
    // transaction.
    const inserted = await this.#db
      .insertInto('operations')
      .values({ ...operation, run_after, input: JSON.stringify(operation.input) })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!inserted) throw clusterBusy(await this.#unfinished(inTheWayOf(operation)));
    await insertStages(this.#db, operation.id, 0, stages);
    return await this.get(operation.id);
  }

  async get(id: string): Promise<OperationRecord> {
    const row = await this.#select().where('operations.id', '=', id).executeTakeFirst();
    if (!row) {
      throw new HathiError('OPERATION_NOT_FOUND', `There is no operation ${id}.`, {
        operation: id,
      });
    }
    const stages = await this.#db
      .selectFrom('stages')
      .selectAll()
      .where('operation_id', '=', id)
      .orderBy('position')
      .execute();
    return toOperation(row, stages);
  }

  #select() {
    return this.#db
      .selectFrom('operations')
      .innerJoin('clusters', 'clusters.id', 'operations.cluster_id')
      .selectAll('operations')
      .select('clusters.name as cluster_name');
  }

  async #unfinished(wanted: UnfinishedFilter): Promise<OperationRecord | null> {
    let query = this.#db
      .selectFrom('operations')
      .select('id')
      .where('cluster_id', '=', wanted.clusterId)
      .where('access', 'in', [...wanted.access])
      .where('state', 'in', [...UNFINISHED_STATES]);
    if (wanted.kind !== undefined) query = query.where('kind', '=', wanted.kind);
    if (wanted.isAutomatic !== undefined) {
      query = query.where(
        sql<boolean>`(input ->> 'automatic' is not null) = ${wanted.isAutomatic}::boolean`,
      );
    }
    // A change before a copy.
    const row = await query.orderBy('access').orderBy('created_at').executeTakeFirst();
    return row ? await this.get(row.id) : null;
  }

  async countUnfinished() {
    const rows = await this.#db
      .selectFrom('operations')
      .select(['kind', 'state', sql<number>`count(*)::integer`.as('count')])
      .where('state', 'in', [...UNFINISHED_STATES])
      .groupBy(['kind', 'state'])
      .execute();
    return rows as { kind: OperationKind; state: OperationState; count: number }[];
  }

  async assertIdle(clusterId: string): Promise<void> {
    const unfinished = await this.#unfinished({ clusterId, access: ['change', 'copy'] });
    if (unfinished) throw clusterBusy(unfinished);
  }

  async list({ after, limit }: Page, filter: OperationFilter): Promise<OperationRecord[]> {
    let query = this.#select();
    if (after !== undefined) query = query.where('operations.id', '<', after);
    if (filter.clusterId) query = query.where('operations.cluster_id', '=', filter.clusterId);
    if (filter.state) query = query.where('operations.state', '=', filter.state);
    const rows = await query.orderBy('operations.id', 'desc').limit(limit).execute();
    if (rows.length === 0) return [];
    const stages = await this.#db
      .selectFrom('stages')
      .selectAll()
      .where(
        'operation_id',
        'in',
        rows.map(({ id }) => id),
      )
      .orderBy('position')
      .execute();
    const byOperation = Map.groupBy(stages, ({ operation_id }) => operation_id);
    return rows.map((row) => toOperation(row, byOperation.get(row.id) ?? []));
  }

  async findByIdempotencyKey(key: string): Promise<OperationRecord | null> {
    const row = await this.#db
      .selectFrom('operations')
      .select('id')
      .where('idempotency_key', '=', key)
      .executeTakeFirst();
    return row ? await this.get(row.id) : null;
  }

  async claim(
    worker: WorkerIdentity,
    leaseSeconds: number,
    running: readonly string[] = [],
  ): Promise<ClaimedOperation | null> {
    const claimed = await sql<{ id: string; attempt: number }>`
      update operations
      set state = case when state = 'queued' then 'running' else state end,
          attempt = attempt + 1,
          worker_id = ${worker.id},
          lease_expires_at = clock_timestamp() + make_interval(secs => ${leaseSeconds}),
          started_at = coalesce(started_at, clock_timestamp())
      where id = (
        select id from operations
        where ((state = 'queued' and coalesce(run_after <= clock_timestamp(), true))
               or (state in ('running', 'cancelling') and lease_expires_at < clock_timestamp()))
          and (site is null or site = ${worker.site})
          and id::text <> all (${[...running]}::text[])
        order by created_at, id
        for update skip locked
        limit 1
      )
      returning id, attempt`.execute(this.#db);
    const row = claimed.rows[0];
    if (!row) return null;
    const operation = await this.get(row.id);
    return {
      lease: { operationId: row.id, attempt: row.attempt, workerId: worker.id },
      operation,
      resumedPosition: operation.stages.find(({ state }) => state === 'running')?.position ?? null,
    };
  }

  async renew(lease: Lease, leaseSeconds: number): Promise<OperationRecord['cancel_level']> {
    const values = renewLeaseValues(lease, leaseSeconds);
    const { rows } = await this.#db.executeQuery<{ cancel_level: number }>(
      CompiledQuery.raw(RENEW_LEASE, values),
    );
    const row = rows[0];
    if (!row) throw leaseLost(lease);
    return row.cancel_level as OperationRecord['cancel_level'];
  }

  /**
   * Locks the row for the rest of the transaction.
   * @throws LEASE_LOST
   */
  async holdLease(lease: Lease): Promise<void> {
    // Compares the attempt and not the time, like a renewal: see renew-lease.ts.
    const { rows } = await sql`
      select from operations
      where id = ${lease.operationId} and attempt = ${lease.attempt}
        and worker_id = ${lease.workerId}
      for update`.execute(this.#db);
    if (rows.length === 0) throw leaseLost(lease);
  }

  async releaseSite(site: string): Promise<number> {
    const result = await this.#db
      .updateTable('operations')
      .set({ lease_expires_at: sql`clock_timestamp() - interval '1 second'` })
      .where('state', 'in', ['running', 'cancelling'])
      .where('worker_id', 'like', `${site}:%`)
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  }

  async setState(id: string, state: OperationState, error: StoredError | null = null) {
    const row = await this.#db
      .selectFrom('operations')
      .select('state')
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new HathiError('OPERATION_NOT_FOUND', `There is no operation ${id}.`);
    assertMayBecome(row.state as OperationState, state);
    const releases = isFinished(state) || state === 'awaiting-approval' || state === 'queued';
    await this.#db
      .updateTable('operations')
      .set({
        state,
        error: error === null ? null : JSON.stringify(error),
        ...(releases ? { worker_id: null, lease_expires_at: null } : {}),
        ...(isFinished(state) ? { ended_at: sql`clock_timestamp()` } : {}),
      })
      .where('id', '=', id)
      .execute();
  }

  async postpone(id: string, runAfter: string): Promise<void> {
    await this.setState(id, 'queued');
    await this.#db
      .updateTable('operations')
      .set({ run_after: runAfter })
      .where('id', '=', id)
      .execute();
  }

  async replaceStages(id: string, position: number, stages: readonly PlannedStage[]) {
    await replaceStages(this.#db, id, position, stages);
  }

  async setStage(id: string, position: number, attempt: number, update: StageUpdate) {
    await setStage(this.#db, id, position, attempt, update);
  }

  async grantApproval(id: string): Promise<void> {
    await this.#db
      .updateTable('operations')
      .set({ approval: 'granted' })
      .where('id', '=', id)
      .execute();
  }

  async requestCancel(id: string, level: 1 | 2): Promise<void> {
    await this.#db
      .updateTable('operations')
      .set({ cancel_level: sql`greatest(cancel_level, ${level})` })
      .where('id', '=', id)
      .execute();
  }

  async appendEvents(id: string, attempt: number, events: readonly NewEvent[]): Promise<void> {
    await appendEvents(this.#db, id, attempt, events);
  }

  async eventsAfter(id: string, sequence: number, limit: number): Promise<OperationEvent[]> {
    return await eventsAfter(this.#db, id, sequence, limit);
  }

  async progress(ids: readonly string[]): Promise<OperationProgress[]> {
    // An array is one parameter, so the text of the statement is the same for every number of ids.
    const { rows } = await sql<OperationProgress>`
      select id, state, last_sequence from operations
      where id = any (${[...ids]}::uuid[])`.execute(this.#db);
    return rows;
  }

  async child(id: string, position: number, name: string): Promise<ChildRecord | null> {
    return await findChild(this.#db, id, position, name);
  }

  async saveChild(child: ChildRecord): Promise<void> {
    await saveChild(this.#db, child);
  }

  async forgetChild(id: string, position: number, name: string): Promise<void> {
    await forgetChild(this.#db, id, position, name);
  }
}

interface UnfinishedFilter {
  clusterId: string;
  access: readonly OperationAccess[];
  kind?: OperationKind;
  isAutomatic?: boolean;
}

/** Returns a filter for the operations that the unique indexes do not allow beside this one. */
function inTheWayOf(operation: Omit<NewOperation, 'stages'>): UnfinishedFilter {
  const { cluster_id: clusterId, access, kind, input } = operation;
  const isAutomatic = input.automatic !== undefined;
  return { clusterId, access: [access], ...(access === 'read' ? { kind, isAutomatic } : {}) };
}
