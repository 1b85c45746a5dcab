import { type Kysely, sql } from 'kysely';

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
  'create index cluster_events_of_cluster on cluster_events (cluster_id, sequence)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
