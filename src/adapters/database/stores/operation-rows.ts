import type { Selectable } from 'kysely';
import type { OperationRecord, StageRecord } from '../../../core/operation/operation.ts';
import type { OperationsTable, StagesTable } from '../schema.ts';
import { time } from './columns.ts';

/** Converts a row and its stages to the operation of the domain. */
export function toOperation(
  row: Selectable<OperationsTable> & { cluster_name: string },
  stages: Selectable<StagesTable>[],
): OperationRecord {
  const {
    site: _site,
    idempotency_key: _key,
    worker_id: _worker,
    lease_expires_at: _lease,
    ...members
  } = row;
  return {
    ...members,
    stages: stages.map(toStage),
    run_after: time(row.run_after),
    created_at: row.created_at.toISOString(),
    started_at: time(row.started_at),
    ended_at: time(row.ended_at),
  };
}

function toStage({ operation_id: _operation, ...row }: Selectable<StagesTable>): StageRecord {
  return {
    ...row,
    run_after: time(row.run_after),
    started_at: time(row.started_at),
    ended_at: time(row.ended_at),
    // Name and result are of one row, so they belong together.
  } as StageRecord;
}
