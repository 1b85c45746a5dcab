import type { Selectable } from 'kysely';
import type {
  Operation,
  OperationState,
  StageRecord,
  StoredError,
} from '../../../core/operation/operation.ts';
import type { OperationKind, StageName } from '../../../core/operation/operation-kinds.ts';
import type { OperationsTable, StagesTable } from '../schema.ts';
import { time } from './columns.ts';

/** The domain's operation of a row and its stages. */
export function toOperation(
  row: Selectable<OperationsTable> & { cluster_name: string },
  stages: Selectable<StagesTable>[],
): Operation {
  return {
    id: row.id,
    cluster_id: row.cluster_id,
    cluster_name: row.cluster_name,
    kind: row.kind as OperationKind,
    state: row.state as OperationState,
    input: row.input,
    approval: row.approval as Operation['approval'],
    attempt: row.attempt,
    cancel_level: row.cancel_level as Operation['cancel_level'],
    stages: stages.map(toStage),
    error: row.error as StoredError | null,
    created_at: row.created_at.toISOString(),
    started_at: time(row.started_at),
    ended_at: time(row.ended_at),
    last_sequence: row.last_sequence,
  };
}

function toStage(row: Selectable<StagesTable>): StageRecord {
  return {
    name: row.name as StageName,
    position: row.position,
    state: row.state as StageRecord['state'],
    attempt: row.attempt,
    started_at: time(row.started_at),
    ended_at: time(row.ended_at),
    outcome: row.outcome as StageRecord['outcome'],
    error: row.error as StoredError | null,
  };
}
