import type { Kysely } from 'kysely';
import type { ChildRecord } from '../../../ports/stores.ts';
import type { Schema } from '../schema.ts';

export async function findChild(
  db: Kysely<Schema>,
  id: string,
  position: number,
  name: string,
): Promise<ChildRecord | null> {
  const row = await db
    .selectFrom('children')
    .selectAll()
    .where('operation_id', '=', id)
    .where('position', '=', position)
    .where('name', '=', name)
    .executeTakeFirst();
  return row ?? null;
}

export async function saveChild(db: Kysely<Schema>, child: ChildRecord): Promise<void> {
  await db
    .insertInto('children')
    .values(child)
    .onConflict((conflict) =>
      conflict.columns(['operation_id', 'position', 'name']).doUpdateSet({ ...child }),
    )
    .execute();
}

export async function forgetChild(
  db: Kysely<Schema>,
  id: string,
  position: number,
  name: string,
): Promise<void> {
  await db
    .deleteFrom('children')
    .where('operation_id', '=', id)
    .where('position', '=', position)
    .where('name', '=', name)
    .execute();
}
