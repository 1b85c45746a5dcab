import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `alter table clusters
    add column labels json not null default '{}',
    add column deletion_protection boolean not null default false,
    add column metadata_revision integer not null default 1`,

  'alter table operations add column idempotency_key text',
  'create unique index operations_by_idempotency_key on operations (idempotency_key)',
  // Ids begin with their creation time, so they define the order of lists.
  'create index operations_of_cluster_by_id on operations (cluster_id, id desc)',

  // The configuration at the time of the plan, for the reviewers of the plan.
  `alter table plans add column files json not null default '[]'`,

  // A row without a status belongs to a request that the server `holder` is still processing.
  `create table idempotency_keys (
    key text primary key,
    fingerprint text not null,
    holder text not null,
    status integer,
    location text,
    body text,
    created_at timestamptz not null default clock_timestamp()
  )`,
  'create index idempotency_keys_by_age on idempotency_keys (created_at)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
