import type { Kysely, Selectable } from 'kysely';
import { HathiError } from '../../../core/errors.ts';
import type { PlanOutcome } from '../../../core/plan/plan.ts';
import { assertPlanMayBecome, type PlanState } from '../../../core/plan/plan-state.ts';
import type { Page, PlanRecord, PlanStore } from '../../../ports/stores.ts';
import type { PlansTable, Schema } from '../schema.ts';
import { json } from './columns.ts';

export class SqlPlanStore implements PlanStore {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async insert(plan: Omit<PlanRecord, 'created_at'>): Promise<void> {
    const { sealed_file: file, ...columns } = plan;
    await this.#db
      .insertInto('plans')
      .values({
        ...columns,
        base_state: json(plan.base_state),
        engine: JSON.stringify(plan.engine),
        summary: JSON.stringify(plan.summary),
        changes: JSON.stringify(plan.changes),
        files: JSON.stringify(plan.files),
        context: json(plan.context),
        refusals: JSON.stringify(plan.refusals),
        starts: JSON.stringify(plan.starts),
        outcome: json(plan.outcome),
        key_id: file.keyId,
        sealed: file.bytes,
      })
      .execute();
  }

  async get(id: string): Promise<PlanRecord> {
    const row = await this.#db
      .selectFrom('plans')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) throw new HathiError('PLAN_NOT_FOUND', `There is no plan ${id}.`, { plan_id: id });
    return toRecord(row);
  }

  async latest(clusterId: string): Promise<PlanRecord | null> {
    const row = await this.#db
      .selectFrom('plans')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row ? toRecord(row) : null;
  }

  async list(clusterId: string, { after, limit }: Page): Promise<PlanRecord[]> {
    let query = this.#db.selectFrom('plans').selectAll().where('cluster_id', '=', clusterId);
    if (after !== undefined) query = query.where('id', '<', after);
    return (await query.orderBy('id', 'desc').limit(limit).execute()).map(toRecord);
  }

  async setState(id: string, state: PlanState, outcome?: PlanOutcome): Promise<void> {
    const row = await this.#db
      .selectFrom('plans')
      .select('state')
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new HathiError('PLAN_NOT_FOUND', `There is no plan ${id}.`, { plan_id: id });
    assertPlanMayBecome(id, row.state, state);
    await this.#db
      .updateTable('plans')
      .set({ state, ...(outcome === undefined ? {} : { outcome: JSON.stringify(outcome) }) })
      .where('id', '=', id)
      .execute();
  }

  async retireReady(clusterId: string): Promise<void> {
    await this.#db
      .updateTable('plans')
      .set({ state: 'stale' })
      .where('cluster_id', '=', clusterId)
      .where('state', '=', 'ready')
      .execute();
  }
}

/** Defaults for changes that were stored before plans were checked. */
const UNJUDGED = {
  attributes: [],
  node: null,
  part: null,
  role: null,
  effect: 'in-place',
} as const;

function toRecord({ key_id, sealed, ...row }: Selectable<PlansTable>): PlanRecord {
  return {
    ...row,
    changes: row.changes.map((change) => ({ ...UNJUDGED, ...change })),
    sealed_file: { keyId: key_id, bytes: sealed },
    created_at: row.created_at.toISOString(),
  };
}
