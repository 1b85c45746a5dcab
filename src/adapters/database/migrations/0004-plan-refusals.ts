import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Reasons why a plan must not be applied. Earlier plans were not checked.
  "alter table plans add column refusals json not null default '[]'",
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
