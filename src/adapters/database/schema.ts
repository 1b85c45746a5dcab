import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { ClusterEvent } from '../../core/observation/cluster-event.ts';
import type { Sample } from '../../core/observation/series.ts';
import type { OperationEvent } from '../../core/operation/event.ts';
import type { OperationRecord, StageRecord } from '../../core/operation/operation.ts';
import type {
  ClusterRecord,
  NewFailover,
  ObservationRecord,
  PlanRecord,
  ReportRecord,
} from '../../ports/stores.ts';
import type { DeliveryRecord, WebhookRecord } from '../../ports/webhooks.ts';

/**
 * Rows as in the database. Their columns follow from the records, so no member of a document has
 * another name in the database. Times are Dates, bytea is Uint8Array, int8 is a number.
 */

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

type Column<T> = [T] extends [string | number | boolean | null]
  ? T
  : null extends T
    ? NullableJson<NonNullable<T>>
    : Json<T>;

type TimeName =
  | 'created_at'
  | 'updated_at'
  | 'destroyed_at'
  | 'started_at'
  | 'ended_at'
  | 'run_after'
  | 'at'
  | 'expires_at'
  | 'observed_at'
  | 'next_at'
  | 'roles_changed_at';

/** Columns of a record. `Defaults` names those that the database fills if they are left out. */
type Columns<Row, Defaults extends keyof Row = never> = {
  [Name in keyof Row]: Name extends TimeName
    ? null extends Row[Name]
      ? NullableTimestamp
      : Timestamp
    : Name extends Defaults
      ? Generated<Row[Name]>
      : Column<Row[Name]>;
};

export interface ClustersTable extends Columns<ClusterRecord, 'metadata_revision'> {}

export interface OperationsTable
  extends Columns<
    Omit<OperationRecord, 'cluster_name' | 'stages'>,
    'state' | 'attempt' | 'cancel_level' | 'last_sequence'
  > {
  site: string | null;
  idempotency_key: string | null;
  worker_id: string | null;
  lease_expires_at: NullableTimestamp;
}

type StageColumns = Pick<StageRecord, keyof StageRecord>;

export interface StagesTable extends Columns<StageColumns, 'state' | 'attempt'> {
  operation_id: string;
}

type EventColumns = Pick<OperationEvent, keyof OperationEvent>;

export interface EventsTable extends Columns<EventColumns> {}

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

export interface PlansTable extends Columns<Omit<PlanRecord, 'sealed_file'>>, SealedColumns {}

export interface TerraformStatesTable extends SealedColumns {
  cluster_id: string;
  lineage: string;
  serial: number;
  created_at: Timestamp;
}

export interface ReportsTable extends Columns<ReportRecord> {}

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

export interface ObserversTable {
  id: string;
  site: string;
  expires_at: Timestamp;
}

export interface ObservationsTable extends Columns<ObservationRecord & { holder: string }> {}

export interface FailoversTable {
  id: Generated<number>;
  cluster_id: string;
  document: Json<NewFailover>;
}

export type SamplesTable = { cluster_id: string; at: Timestamp } & Omit<Sample, 'at'>;

export interface WebhooksTable extends Columns<Omit<WebhookRecord, 'secret'>>, SealedColumns {}

export interface DeliveriesTable
  extends Columns<DeliveryRecord, 'state' | 'attempts' | 'status' | 'error'> {}

export interface ClusterEventsTable {
  sequence: Generated<number>;
  cluster_id: string;
  type: ClusterEvent['type'];
  data: Json<ClusterEvent['data']>;
  at: Timestamp;
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
  observers: ObserversTable;
  observations: ObservationsTable;
  cluster_events: ClusterEventsTable;
  webhooks: WebhooksTable;
  webhook_deliveries: DeliveriesTable;
  samples: SamplesTable;
  sample_minutes: SamplesTable;
  failovers: FailoversTable;
}
