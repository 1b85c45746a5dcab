import { type Kysely, sql } from 'kysely';
import { HathiError } from '../../../core/errors.ts';
import type { NewEvent, OperationEvent } from '../../../core/operation/event.ts';
import type { Schema } from '../schema.ts';

export async function appendEvents(
  db: Kysely<Schema>,
  id: string,
  attempt: number,
  events: readonly NewEvent[],
): Promise<void> {
  if (events.length === 0) return;
  // The row lock of the counter makes the order of sequences equal to the order of commits.
  const { rows } = await sql<{ last_sequence: number }>`
    update operations set last_sequence = last_sequence + ${events.length}
    where id = ${id} returning last_sequence`.execute(db);
  const last = rows[0]?.last_sequence;
  if (last === undefined)
    throw new HathiError('OPERATION_NOT_FOUND', `There is no operation ${id}.`);
  const first = last - events.length + 1;
  await db
    .insertInto('events')
    .values(
      events.map(({ type, stage, position, data }, index) => ({
        operation_id: id,
        sequence: first + index,
        attempt,
        at: sql<Date>`clock_timestamp()`,
        type,
        stage,
        position,
        data: JSON.stringify(data),
      })),
    )
    .execute();
}

export async function eventsAfter(
  db: Kysely<Schema>,
  id: string,
  sequence: number,
  limit: number,
): Promise<OperationEvent[]> {
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('operation_id', '=', id)
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }) as OperationEvent);
}
