import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // The specs that were last applied to machines and nodes, so that a change can be compared by
  // content.
  'alter table clusters add column applied_spec json, add column executed_spec json',
  'update clusters set applied_spec = spec where applied_revision = infrastructure_revision',
  'update clusters set executed_spec = spec where ansible_executed_revision = spec_revision',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
