import type { z } from 'zod';
import type { storedClusterSchema } from '../core/cluster/cluster.ts';
import type { ClusterSpec } from '../core/cluster/cluster-spec.ts';
import type { NewEvent, OperationEvent, StoredError } from '../core/operation/event.ts';
import type {
  OperationProgress,
  OperationRecord,
  StageRecord,
} from '../core/operation/operation.ts';
import type { OperationState, StageState } from '../core/operation/operation-state.ts';
import type { OperationAccess, PlannedStage } from '../core/procedures/procedure.ts';
import type { OperationKind } from '../core/procedures/procedures.ts';
import type { RecordKind } from '../core/record-id.ts';
import type { IdempotencyStore } from './idempotency-store.ts';
import type { ObservationStore, ObservationSummary } from './observation-store.ts';
import type { Page } from './page.ts';
import type { PlanStore } from './plan-store.ts';
import type { ReportRecord, ReportStore } from './report-store.ts';
import type { SampleStore } from './sample-store.ts';
import type { SecretStore } from './secret-store.ts';
import type { StateStore } from './state-store.ts';

import type { WebhookStore } from './webhooks.ts';

export type * from './idempotency-store.ts';
export type * from './observation-store.ts';
export type * from './page.ts';
export type * from './plan-store.ts';
export type * from './report-store.ts';
export type * from './secret-store.ts';
export type * from './state-store.ts';

/** Sizes in bytes; null if the target does not report them. */
export interface NodeSize {
  memory_bytes: number | null;
  disk_bytes: number | null;
}

/** A stored cluster: the members of the document, and the facts that only the server needs. */
export interface ClusterRecord extends z.infer<typeof storedClusterSchema> {
  /** The data directory that a local cluster belongs to; only its worker may run the cluster. */
  site: string;
  /** Block of addresses and ports of a local cluster on its site; null on other targets. */
  network_index: number | null;
  /** Spec of the last apply, which the machines have; null before the first. */
  applied_spec: ClusterSpec | null;
  /** Spec that Ansible last brought to the nodes; null before the first time. */
  executed_spec: ClusterSpec | null;
  /**
   * Size of one node when its settings were first written. It is stored because free space changes
   * every hour, and each change would write the dependent settings again.
   */
  node_size: NodeSize | null;
  /** Incremented by each change of labels or protection; the ETag contains it. */
  metadata_revision: number;
  destroyed_at: string | null;
}

export type ClusterChanges = Partial<
  Omit<ClusterRecord, 'id' | 'name' | 'site' | 'created_at' | 'updated_at'>
>;

/** A cluster with its unfinished change and its newest report, if any. */
export interface ClusterSummary {
  cluster: ClusterRecord;
  operation: UnfinishedOperation | null;
  report: Pick<ReportRecord, 'id' | 'passed' | 'created_at'> | null;
  /** null before the first observation. */
  observation: ObservationSummary | null;
}

export interface ClusterStore {
  /** The cluster of that name that is not destroyed. */
  find(name: string): Promise<ClusterRecord | null>;
  /** Like `find`, and locks the row until the transaction ends. */
  findForUpdate(name: string): Promise<ClusterRecord | null>;
  /** @throws CLUSTER_NOT_FOUND */
  get(id: string): Promise<ClusterRecord>;
  /** Like `find`, with the other facts of a cluster, in one query. */
  findSummary(name: string): Promise<ClusterSummary | null>;
  /** Like `findSummary`, for several clusters by their ids. */
  summaries(ids: readonly string[]): Promise<ClusterSummary[]>;
  /** Clusters that are not destroyed, by name; `after` is a name. */
  list(page: Page, label?: { name: string; value: string }): Promise<ClusterSummary[]>;
  /** Names of clusters that are not destroyed, at most 200; for suggestions. */
  names(): Promise<string[]>;
  /** Indexes of the clusters of the site, except destroyed ones. */
  networkIndexes(site: string): Promise<number[]>;
  /** @throws CLUSTER_EXISTS | NETWORK_TAKEN, detected by the unique indexes */
  insert(record: Omit<ClusterRecord, 'created_at' | 'updated_at'>): Promise<ClusterRecord>;
  update(id: string, changes: ClusterChanges): Promise<void>;
}

export interface NewOperation {
  id: string;
  cluster_id: string;
  /** null: any worker may run it. */
  site: string | null;
  kind: OperationKind;
  access: OperationAccess;
  /** Stages in order; at least one. */
  stages: readonly PlannedStage[];
  input: Record<string, unknown>;
  approval: 'automatic' | 'manual';
  /** Idempotency key of the request. It is unique, so one request creates one operation. */
  idempotency_key: string | null;
}

export interface OperationFilter {
  clusterId?: string | undefined;
  state?: OperationState | undefined;
}

/** Identity of a worker in a claim. */
export interface WorkerIdentity {
  id: string;
  site: string;
}

/** Proof of a claim. Every write of a stage is conditional on it. */
export interface Lease {
  operationId: string;
  attempt: number;
  workerId: string;
}

export interface ClaimedOperation {
  lease: Lease;
  operation: OperationRecord;
  /** Position of the stage that an earlier attempt started and did not end, if any. */
  resumedPosition: number | null;
}

/** A process that an operation started and that may outlive the server. */
export interface ChildRecord {
  operation_id: string;
  /** Position of its stage. */
  position: number;
  /** Unique within the stage, e.g. `terraform-apply`. */
  name: string;
  attempt: number;
  folder: string;
  /** null between the intent and the start. */
  pid: number | null;
  /** Start time in the format of the operating system. It distinguishes a reused pid. */
  pid_started: string | null;
  /** Bytes of stdout whose events are stored. */
  stdout_offset: number;
  exit_code: number | null;
}

export interface StageUpdate {
  state: StageState;
  outcome?: StageRecord['outcome'];
  error?: StoredError | null;
}

export interface UnfinishedOperation {
  id: string;
  cluster_id: string;
  kind: OperationKind;
  state: OperationState;
}

export interface OperationStore {
  /**
   * @throws CLUSTER_BUSY with the conflicting operation, detected by the unique indexes: another
   *   change for a change, another copy for a copy, a read of the same kind for a read
   */
  insert(operation: NewOperation): Promise<OperationRecord>;
  /** @throws OPERATION_NOT_FOUND */
  get(id: string): Promise<OperationRecord>;
  countUnfinished(): Promise<{ kind: OperationKind; state: OperationState; count: number }[]>;
  /** @throws CLUSTER_BUSY with the conflicting change or copy */
  assertIdle(clusterId: string): Promise<void>;
  /** Newest first; `after` is an id. */
  list(page: Page, filter: OperationFilter): Promise<OperationRecord[]>;
  /** The operation that a request with this key created, if any. */
  findByIdempotencyKey(key: string): Promise<OperationRecord | null>;
  /**
   * Claims the oldest operation that is free for this worker and does not wait for a time, under a
   * new attempt.
   * @param running ids of the operations that the worker still runs, which it does not claim again
   */
  claim(
    worker: WorkerIdentity,
    leaseSeconds: number,
    running?: readonly string[],
  ): Promise<ClaimedOperation | null>;
  /**
   * Extends the lease, even an expired one if no other worker claimed the operation.
   * @returns the requested level of cancellation
   * @throws LEASE_LOST if another worker has the operation, or it no longer needs a worker
   */
  renew(lease: Lease, leaseSeconds: number): Promise<OperationRecord['cancel_level']>;
  /**
   * Releases the operations of this site's workers. Safe only under the lock on its data directory.
   */
  releaseSite(site: string): Promise<number>;
  /** @throws TRANSITION_NOT_ALLOWED */
  setState(id: string, state: OperationState, error?: StoredError | null): Promise<void>;
  /**
   * Returns to `queued`; any worker may claim it from that time on. @throws TRANSITION_NOT_ALLOWED
   */
  postpone(id: string, runAfter: string): Promise<void>;
  setStage(id: string, position: number, attempt: number, update: StageUpdate): Promise<void>;
  /** Replaces the stages after `position`, all of which are pending. */
  replaceStages(id: string, position: number, stages: readonly PlannedStage[]): Promise<void>;
  /** Records the approval of the plan. */
  grantApproval(id: string): Promise<void>;
  /** Increases the level of cancellation, never decreases it. */
  requestCancel(id: string, level: 1 | 2): Promise<void>;
  appendEvents(id: string, attempt: number, events: readonly NewEvent[]): Promise<void>;
  /** Events after `sequence`, in order. */
  eventsAfter(id: string, sequence: number, limit: number): Promise<OperationEvent[]>;
  /** Progress of those operations, in one query; an id that does not exist is left out. */
  progress(ids: readonly string[]): Promise<OperationProgress[]>;
  child(id: string, position: number, name: string): Promise<ChildRecord | null>;
  saveChild(child: ChildRecord): Promise<void>;
  forgetChild(id: string, position: number, name: string): Promise<void>;
}

export interface RecordIdStore {
  /**
   * Ids that begin with `prefix`, in order.
   * @param prefix hexadecimal digits, with or without hyphens
   * @param most maximum number of ids
   */
  startingWith(kind: RecordKind, prefix: string, most: number): Promise<string[]>;
}

export interface Stores {
  clusters: ClusterStore;
  operations: OperationStore;
  plans: PlanStore;
  states: StateStore;
  reports: ReportStore;
  secrets: SecretStore;
  idempotency: IdempotencyStore;
  recordIds: RecordIdStore;
  observations: ObservationStore;
  samples: SampleStore;
  webhooks: WebhookStore;
}
