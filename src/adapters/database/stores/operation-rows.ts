import type { Selectable } from 'kysely';
import type { StoredError } from '../../../core/operation/event.ts';
import type { Operation, OperationState, StageRecord } from '../../../core/operation/operation.ts';
import type { OperationAccess } from '../../../core/procedures/procedure.ts';
import type { OperationKind } from '../../../core/procedures/procedures.ts';
import type { OperationsTable, StagesTable } from '../schema.ts';
import { time } from './columns.ts';

/** Converts a row and its stages to the operation of the domain. */
export function toOperation(
  row: Selectable<OperationsTable> & { cluster_name: string },
  stages: Selectable<StagesTable>[],
): Operation {
  return {
    id: row.id,
    cluster_id: row.cluster_id,
    cluster_name: row.cluster_name,
    kind: row.kind as OperationKind,
    access: row.access as OperationAccess,
    state: row.state as OperationState,
    input: row.input,
    approval: row.approval as Operation['approval'],
    attempt: row.attempt,
    cancel_level: row.cancel_level as Operation['cancel_level'],
    stages: stages.map(toStage),
    error: row.error as StoredError | null,
    run_after: time(row.run_after),
    created_at: row.created_at.toISOString(),
    started_at: time(row.started_at),
    ended_at: time(row.ended_at),
    last_sequence: row.last_sequence,
  };
}

function toStage(row: Selectable<StagesTable>): StageRecord {
  return {
    position: row.position,
    name: row.name,
    node: row.node,
    needs_approval: row.needs_approval,
    run_after: time(row.run_after),
    state: row.state as StageRecord['state'],
    attempt: row.attempt,
    started_at: time(row.started_at),
    ended_at: time(row.ended_at),
    outcome: row.outcome as StageRecord['outcome'],
    error: row.error as StoredError | null,
  };
}
