import { type Kysely, sql } from 'kysely';

/**
 * Documents are `json`, not `jsonb`: people read them, and `json` keeps the order of the members.
 */
const STATEMENTS = [
  `create table clusters (
    id uuid primary key,
    name text not null,
    site text not null,
    spec json not null,
    spec_revision integer not null,
    infrastructure_revision integer not null,
    network_index integer not null,
    terraform_generated_revision integer,
    applied_revision integer,
    ansible_generated_revision integer,
    ansible_executed_revision integer,
    nodes json,
    topology json,
    node_size json,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    destroyed_at timestamptz
  )`,
  'create unique index clusters_name_unique on clusters (name) where destroyed_at is null',
  'create unique index clusters_network_unique on clusters (site, network_index) where destroyed_at is null',

  `create table operations (
    id uuid primary key,
    cluster_id uuid not null references clusters (id),
    site text,
    kind text not null,
    state text not null default 'queued',
    input json not null,
    approval text not null,
    attempt integer not null default 0,
    cancel_level integer not null default 0,
    worker_id text,
    lease_expires_at timestamptz,
    last_sequence integer not null default 0,
    error json,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz
  )`,
  // Rule of the queue and reason of the 409: at most one unfinished operation per cluster.
  `create unique index operations_one_unfinished on operations (cluster_id)
    where state in ('queued', 'running', 'awaiting-approval', 'cancelling')`,
  `create index operations_to_claim on operations (created_at)
    where state in ('queued', 'running', 'cancelling')`,
  'create index operations_of_cluster on operations (cluster_id, created_at desc)',

  `create table stages (
    operation_id uuid not null references operations (id),
    name text not null,
    position integer not null,
    state text not null default 'pending',
    attempt integer not null default 0,
    started_at timestamptz,
    ended_at timestamptz,
    outcome json,
    error json,
    primary key (operation_id, name)
  )`,
  `create table events (
    operation_id uuid not null references operations (id),
    sequence integer not null,
    attempt integer not null,
    at timestamptz not null,
    type text not null,
    stage text,
    data json not null,
    primary key (operation_id, sequence)
  )`,
  `create table children (
    operation_id uuid not null references operations (id),
    stage text not null,
    name text not null,
    attempt integer not null,
    folder text not null,
    pid integer,
    pid_started text,
    stdout_offset bigint not null default 0,
    exit_code integer,
    primary key (operation_id, stage, name)
  )`,

  `create table plans (
    id uuid primary key,
    cluster_id uuid not null references clusters (id),
    operation_id uuid not null references operations (id),
    infrastructure_revision integer not null,
    state text not null,
    destroy boolean not null,
    digest text not null,
    lock_file text not null,
    base_state json,
    engine json not null,
    summary json not null,
    changes json not null,
    key_id text not null,
    sealed bytea not null,
    outcome json,
    created_at timestamptz not null default clock_timestamp()
  )`,
  'create index plans_of_cluster on plans (cluster_id, created_at desc)',
  `create table terraform_states (
    cluster_id uuid not null references clusters (id),
    lineage text not null,
    serial bigint not null,
    key_id text not null,
    sealed bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (cluster_id, lineage, serial)
  )`,
  `create table reports (
    id uuid primary key,
    cluster_id uuid not null references clusters (id),
    operation_id uuid not null references operations (id),
    passed boolean not null,
    document json not null,
    created_at timestamptz not null default clock_timestamp()
  )`,
  'create index reports_of_cluster on reports (cluster_id, created_at desc)',
  `create table secrets (
    cluster_id uuid not null references clusters (id),
    name text not null,
    key_id text not null,
    sealed bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (cluster_id, name)
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  // One statement at a time. If all are sent as one text, PGlite leaves an aborted transaction
  // open.
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
