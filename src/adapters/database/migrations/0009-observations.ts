import { type Kysely, sql } from 'kysely';

/** Rows are small, because there is one for each node and round. */
const samples = (table: string) => `create table ${table} (
    cluster_id uuid not null,
    node text not null,
    at timestamptz not null,
    lag_bytes float8,
    lag_seconds real,
    connections real,
    commits float8,
    wal_bytes float8,
    disk_used_ratio real,
    memory_used_ratio real,
    load real,
    primary key (cluster_id, node, at)
  )`;

const STATEMENTS = [
  // A server that observes clusters. Its lease is renewed in one row, for all of its clusters.
  `create table observers (
    id text primary key,
    site text not null,
    expires_at timestamptz not null
  )`,
  `create table observations (
    cluster_id uuid primary key references clusters (id),
    holder text not null,
    topology json,
    primary_state json,
    roles_changed_at timestamptz,
    conditions json not null default '[]',
    nodes json not null default '[]',
    observed_at timestamptz
  )`,
  `create table cluster_events (
    sequence bigint generated always as identity primary key,
    cluster_id uuid not null references clusters (id),
    type text not null,
    data json not null,
    at timestamptz not null
  )`,
  `update reports set document = (document::jsonb || '{"failover": null}')::json`,
  `create table failovers (
    id bigint generated always as identity primary key,
    cluster_id uuid not null references clusters (id),
    document json not null
  )`,
  'create index failovers_of_cluster on failovers (cluster_id, id)',
  `create table webhooks (
    id uuid primary key,
    url text not null,
    events json not null,
    clusters json not null,
    key_id text not null,
    sealed bytea not null,
    created_at timestamptz not null default clock_timestamp()
  )`,
  `create table webhook_deliveries (
    id uuid primary key,
    webhook_id uuid not null references webhooks (id) on delete cascade,
    type text not null,
    sequence bigint,
    event json not null,
    state text not null default 'pending',
    attempts integer not null default 0,
    status integer,
    error text,
    next_at timestamptz,
    created_at timestamptz not null default clock_timestamp()
  )`,
  `create index webhook_deliveries_due on webhook_deliveries (next_at) where state = 'pending'`,
  'create index webhook_deliveries_of_webhook on webhook_deliveries (webhook_id, id desc)',
  samples('samples'),
  samples('sample_minutes'),
  // Not BRIN: new rows fill the space of removed ones, so the rows do not stay in the order of time.
  'create index samples_by_time on samples (at)',
  'create index sample_minutes_by_time on sample_minutes (at)',
  // A request is not rejected because the observer verifies at this moment.
  'drop index operations_one_read_of_kind',
  `create unique index operations_one_read_of_kind
    on operations (cluster_id, kind, (input ->> 'automatic' is not null))
    where access = 'read' and state in ('queued', 'running', 'awaiting-approval', 'cancelling')`,
  'create index cluster_events_of_cluster on cluster_events (cluster_id, sequence)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
