import { type Kysely, sql } from 'kysely';
import type { PlannedStage } from '../../../core/procedures/procedure.ts';
import type { StageUpdate } from '../../../ports/stores.ts';
import type { Schema } from '../schema.ts';
import { json } from './columns.ts';

/** @param first position of the first of the stages */
export async function insertStages(
  db: Kysely<Schema>,
  operationId: string,
  first: number,
  stages: readonly PlannedStage[],
): Promise<void> {
  if (stages.length === 0) return;
  const rows = stages.map((stage, index) => ({
    ...stage,
    operation_id: operationId,
    position: first + index,
  }));
  await db.insertInto('stages').values(rows).execute();
}

export async function replaceStages(
  db: Kysely<Schema>,
  operationId: string,
  position: number,
  stages: readonly PlannedStage[],
): Promise<void> {
  await db
    .deleteFrom('stages')
    .where('operation_id', '=', operationId)
    .where('position', '>', position)
    .where('state', '=', 'pending')
    .execute();
  await insertStages(db, operationId, position + 1, stages);
}

export async function setStage(
  db: Kysely<Schema>,
  operationId: string,
  position: number,
  attempt: number,
  update: StageUpdate,
): Promise<void> {
  const starts = update.state === 'running';
  await db
    .updateTable('stages')
    .set({
      state: update.state,
      attempt,
      ...(update.outcome === undefined ? {} : { outcome: json(update.outcome) }),
      error: json(update.error ?? null),
      ...(starts
        ? { started_at: sql`coalesce(started_at, clock_timestamp())`, ended_at: null }
        : { ended_at: sql`clock_timestamp()` }),
    })
    .where('operation_id', '=', operationId)
    .where('position', '=', position)
    .execute();
}
