import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** Rows as in the database. Times are Dates, bytea is Uint8Array, int8 is a number. */

type Timestamp = ColumnType<Date, Date | string | undefined, Date | string>;
type NullableTimestamp = ColumnType<
  Date | null,
  Date | string | null | undefined,
  Date | string | null
>;
/**
 * JSON is written as text, because drivers differ for arrays and strings. It is read as parsed
 * values.
 */
type Json<T> = JSONColumnType<T & object, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;

export interface ClustersTable {
  id: string;
  name: string;
  site: string;
  spec: Json<Record<string, unknown>>;
  spec_revision: number;
  infrastructure_revision: number;
  network_index: number | null;
  terraform_generated_revision: number | null;
  applied_revision: number | null;
  ansible_generated_revision: number | null;
  ansible_executed_revision: number | null;
  applied_spec: NullableJson<unknown>;
  executed_spec: NullableJson<unknown>;
  nodes: NullableJson<unknown>;
  topology: NullableJson<unknown>;
  node_size: NullableJson<unknown>;
  labels: Json<Record<string, string>>;
  deletion_protection: boolean;
  metadata_revision: Generated<number>;
  created_at: Timestamp;
  updated_at: Timestamp;
  destroyed_at: NullableTimestamp;
}

export interface OperationsTable {
  id: string;
  cluster_id: string;
  site: string | null;
  kind: string;
  access: string;
  run_after: NullableTimestamp;
  state: Generated<string>;
  input: Json<Record<string, unknown>>;
  approval: string;
  idempotency_key: string | null;
  attempt: Generated<number>;
  cancel_level: Generated<number>;
  worker_id: string | null;
  lease_expires_at: NullableTimestamp;
  last_sequence: Generated<number>;
  error: NullableJson<unknown>;
  created_at: Timestamp;
  started_at: NullableTimestamp;
  ended_at: NullableTimestamp;
}

export interface StagesTable {
  operation_id: string;
  position: number;
  name: string;
  node: string | null;
  needs_approval: boolean;
  run_after: NullableTimestamp;
  state: Generated<string>;
  attempt: Generated<number>;
  started_at: NullableTimestamp;
  ended_at: NullableTimestamp;
  outcome: NullableJson<unknown>;
  error: NullableJson<unknown>;
}

export interface EventsTable {
  operation_id: string;
  sequence: number;
  attempt: number;
  at: Timestamp;
  type: string;
  stage: string | null;
  position: number | null;
  data: Json<Record<string, unknown>>;
}

export interface ChildrenTable {
  operation_id: string;
  position: number;
  name: string;
  attempt: number;
  folder: string;
  pid: number | null;
  pid_started: string | null;
  stdout_offset: number;
  exit_code: number | null;
}

interface SealedColumns {
  key_id: string;
  sealed: Uint8Array;
}

export interface PlansTable extends SealedColumns {
  id: string;
  cluster_id: string;
  operation_id: string;
  infrastructure_revision: number;
  state: string;
  destroy: boolean;
  digest: string;
  lock_file: string;
  base_state: NullableJson<unknown>;
  engine: Json<Record<string, unknown>>;
  summary: Json<Record<string, unknown>>;
  changes: Json<unknown[]>;
  files: Json<unknown[]>;
  context: NullableJson<unknown>;
  refusals: Json<unknown[]>;
  starts: Json<unknown[]>;
  outcome: NullableJson<unknown>;
  created_at: Timestamp;
}

export interface TerraformStatesTable extends SealedColumns {
  cluster_id: string;
  lineage: string;
  serial: number;
  created_at: Timestamp;
}

export interface ReportsTable {
  id: string;
  cluster_id: string;
  operation_id: string;
  passed: boolean;
  document: Json<Record<string, unknown>>;
  created_at: Timestamp;
}

export interface SecretsTable extends SealedColumns {
  cluster_id: string;
  name: string;
  created_at: Timestamp;
}

export interface IdempotencyKeysTable {
  key: string;
  fingerprint: string;
  holder: string;
  status: number | null;
  location: string | null;
  body: string | null;
  created_at: Timestamp;
}

export interface Schema {
  clusters: ClustersTable;
  operations: OperationsTable;
  stages: StagesTable;
  events: EventsTable;
  children: ChildrenTable;
  plans: PlansTable;
  terraform_states: TerraformStatesTable;
  reports: ReportsTable;
  secrets: SecretsTable;
  idempotency_keys: IdempotencyKeysTable;
}
