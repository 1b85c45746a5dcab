import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // Stopped machines that are started when the plan is applied.
  "alter table plans add column starts json not null default '[]'",
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
