import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Why a plan must not be applied. Plans that were made before were judged by nobody.
  "alter table plans add column refusals json not null default '[]'",
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
