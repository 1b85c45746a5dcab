import type { ClusterSpec } from '../core/cluster/cluster-spec.ts';
import type { ClusterAction, ClusterStatus } from '../core/cluster/cluster-status.ts';
import type { ClusterNode, Role, Topology } from '../core/cluster/topology.ts';
import type { Operation, OperationEvent, OperationState } from '../core/operation/operation.ts';
import type { OperationAction } from '../core/operation/operation-actions.ts';
import type { StageName } from '../core/operation/operation-kinds.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { PlanRecord, StoredAnswer } from '../ports/stores.ts';
import type { LabelledResource } from '../ports/target.ts';

/** Members of a spec that a caller may give; those left out keep their value or take the default. */
export type SpecChanges = {
  [Field in keyof Omit<ClusterSpec, 'name' | 'parameters'>]?: ClusterSpec[Field] | undefined;
};

/** A PostgreSQL parameter as JSON can say it, in any spelling; `null` takes it back to its default. */
export type ParameterValue = string | number | boolean | null;

/** What each step takes besides the cluster's name. HTTP has checked shapes, not meaning. */
export interface StepInputs {
  'generate-terraform': SpecChanges;
  'plan-terraform': Record<string, never>;
  /** Without an id the newest plan is meant. */
  'apply-terraform': { plan_id?: string | undefined };
  'create-ansible-script': { parameters: Record<string, ParameterValue> };
  'execute-ansible-script': Record<string, never>;
  'verify-replication': Record<string, never>;
  /** HTTP has compared `confirm` with the cluster's name. */
  'destroy-terraform': { confirm: string };
}

/** Who asks, as far as it matters. */
export interface Caller {
  /** Of the request; the operation that it makes carries it. */
  idempotencyKey: string | null;
}

/** A part of a list: at most `limit` entries after those that `cursor` ends. */
export interface PageRequest {
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface PageOf<Entry> {
  entries: Entry[];
  /** null with the last part. */
  next_cursor: string | null;
}

/** An operation as it is served. */
export interface OperationView extends Operation {
  /** The plan that it made or applies. */
  plan_id: string | null;
  allowed_actions: OperationAction[];
}

/** A new cluster, as `POST /clusters` asks for it. */
export interface ClusterRequest {
  name: string;
  spec: SpecChanges;
  parameters: Record<string, ParameterValue>;
  labels: Record<string, string>;
  /** Where absent: on for targets that cost money, off for `local`. */
  deletionProtection: boolean | undefined;
  approval: 'manual' | 'automatic';
}

/** What may be asked about operations, and of them. */
export interface OperationService {
  /**
   * Makes the cluster and enqueues its whole path, in one transaction.
   * @throws CLUSTER_EXISTS | PARAMETER_* | NETWORK_EXHAUSTED
   */
  createCluster(request: ClusterRequest, caller: Caller): Promise<OperationView>;
  /**
   * The same kind once more, with the same input, for one that did not succeed.
   * @throws OPERATION_NOT_FOUND | TRANSITION_NOT_ALLOWED | CLUSTER_BUSY | CLUSTER_NOT_FOUND
   */
  retry(operationId: string, caller: Caller): Promise<OperationView>;
  /**
   * Newest first.
   * @throws CLUSTER_NOT_FOUND | INVALID_CURSOR
   */
  list(
    filter: { cluster?: string | undefined; state?: OperationState | undefined },
    page: PageRequest,
  ): Promise<PageOf<OperationView>>;
  /** The operation that a request with this key made. */
  findByIdempotencyKey(key: string): Promise<OperationView | null>;
  /**
   * Checks that the step may run, and enqueues it in one transaction. `generate-terraform` makes the
   * cluster where there is none and changes its spec where there is one, in that same transaction.
   * A step whose work is done already returns an operation all the same; it converges.
   * @throws CLUSTER_NOT_FOUND, for a cluster other than `default`, by every step but the first
   * @throws STEP_MISSING with details `{ step, missing }`; also where `default` is not there yet
   * @throws CLUSTER_BUSY with details `{ operation }`: the id of the operation in the way
   * @throws PARAMETER_* with details `{ errors: [{ path, message, suggestion? }] }`
   * @throws PLAN_NOT_FOUND | PLAN_STALE
   * @throws CLUSTER_PROTECTED by destroy-terraform
   */
  submitStep<Step extends StageName>(
    step: Step,
    clusterName: string,
    input: StepInputs[Step],
    caller: Caller,
  ): Promise<OperationView>;
  /**
   * Resolves once the operation is finished, in whichever way; rejects with `signal.reason` when
   * the signal is aborted. Never cancels the operation.
   * @throws OPERATION_NOT_FOUND
   */
  waitForOutcome(operationId: string, signal: AbortSignal): Promise<OperationView>;
  /** @throws OPERATION_NOT_FOUND */
  get(operationId: string): Promise<OperationView>;
  /**
   * Events after `afterSequence`, none lost or doubled, then those that come. Ends after the last
   * event of a finished operation, or quietly when the signal is aborted.
   * @throws OPERATION_NOT_FOUND before the first event
   */
  follow(
    operationId: string,
    afterSequence: number,
    signal: AbortSignal,
  ): AsyncIterable<OperationEvent>;
  /**
   * Raises the level of cancellation and returns the operation as it is then.
   * @param level 1 stop (SIGINT), 2 stop by force (SIGKILL)
   * @throws OPERATION_NOT_FOUND | TRANSITION_NOT_ALLOWED
   */
  cancel(operationId: string, level: 1 | 2): Promise<OperationView>;
  /**
   * @param planId the plan that was reviewed; the operation's own where absent
   * @throws OPERATION_NOT_FOUND | TRANSITION_NOT_ALLOWED
   * @throws PLAN_STALE when the operation's plan is another one, or can no longer be applied
   */
  approve(operationId: string, planId: string | undefined): Promise<OperationView>;
}

/** A cluster as it is served: what was asked for beside what was seen. */
export interface ClusterView {
  id: string;
  name: string;
  spec: ClusterSpec;
  spec_revision: number;
  infrastructure_revision: number;
  terraform_generated_revision: number | null;
  applied_revision: number | null;
  ansible_generated_revision: number | null;
  ansible_executed_revision: number | null;
  nodes: ClusterNode[] | null;
  topology: Topology | null;
  labels: Record<string, string>;
  deletion_protection: boolean;
  status: ClusterStatus;
  /** The unfinished operation that holds the cluster, if any. */
  operation: { id: string; kind: string; state: string } | null;
  latest_report: { id: string; passed: boolean; created_at: string } | null;
  allowed_actions: ClusterAction[];
  created_at: string;
  updated_at: string;
}

/** Everything that a client needs; the only view with a password in it. */
export interface ConnectionView {
  cluster: string;
  user: string;
  password: string;
  database: string;
  /** PEM; what `sslmode=verify-full` or `verify-ca` checks against. */
  ca_certificate: string;
  /** Where the same certificate lies on the machine of the server; null if it has none there. */
  ca_certificate_path: string | null;
  nodes: { name: string; role: Role | null; host: string; port: number; uri: string }[];
  /** All nodes in one URI; libpq finds the primary by `target_session_attrs=read-write`. */
  uri: string;
}

export interface ReportView {
  id: string;
  operation_id: string;
  passed: boolean;
  created_at: string;
  /** The document that `verify-replication` made. */
  document: Record<string, unknown>;
}

/** A node as planned, as made and as last seen; what is not known is null. */
export interface NodeView {
  name: string;
  /** Whether the present spec asks for it. */
  planned: boolean;
  /** Whether Terraform made it. */
  made: boolean;
  role: Role | null;
  etcd: boolean;
  address: string | null;
  ssh_host: string | null;
  ssh_port: number | null;
  postgres_host: string | null;
  postgres_port: number | null;
  /** From the newest report. */
  replication: { status: string; lag_bytes: number | null; observed_at: string } | null;
}

/** A plan as it is served: the plan file and the state's address stay here. */
export interface PlanView
  extends Omit<PlanRecord, 'sealed_file' | 'lock_file' | 'cluster_id' | 'base_state'> {
  cluster_name: string;
  allowed_actions: 'apply'[];
}

/** What `forget` left behind. */
export interface ForgottenCluster {
  cluster: string;
  forgotten: true;
  /** What still carries the cluster's labels; null when the target did not answer. */
  left: LabelledResource[] | null;
  /** Where the files that manage it by hand now lie. */
  workspace: string | null;
}

/** What may be asked about clusters. Every method but `list` may throw CLUSTER_NOT_FOUND. */
export interface ClusterService {
  /** Not destroyed, by name. @throws INVALID_CURSOR */
  list(page: PageRequest, label?: { name: string; value: string }): Promise<PageOf<ClusterView>>;
  get(name: string): Promise<Tagged<ClusterView>>;
  nodes(name: string): Promise<NodeView[]>;
  /** @throws STEP_MISSING while no node or no password is there yet */
  connection(name: string): Promise<ConnectionView>;
  /** @throws REPORT_NOT_FOUND */
  latestReport(name: string): Promise<ReportView>;
  /**
   * Changes labels (as a whole) and protection; no operation is needed for either.
   * @param ifMatch the tag that the caller saw; any where null
   * @throws PRECONDITION_FAILED
   */
  update(
    name: string,
    changes: { labels?: Record<string, string>; deletionProtection?: boolean },
    ifMatch: string | null,
  ): Promise<Tagged<ClusterView>>;
  /**
   * Ends Hathi's knowledge of a cluster, and leaves its machines as they are.
   * @throws CLUSTER_BUSY | CLUSTER_PROTECTED
   */
  forget(name: string): Promise<ForgottenCluster>;
}

/** A view with the tag of the part that PATCH changes. */
export interface Tagged<View> {
  view: View;
  /** Without quotes. */
  tag: string;
}

/** What is written for a parameter, beside what each node runs with. */
export interface ParameterView {
  name: string;
  /** As it is written; null where Hathi writes none. */
  value: string | null;
  /** In `unit`, as `setting` is; null before a node was seen. */
  default: string | null;
  unit: string | null;
  source: 'spec' | 'hathi' | 'node';
  restart: boolean | null;
  nodes: { node: string; setting: string; source: string; pending_restart: boolean }[];
}

export interface ParameterList {
  /** By name. */
  parameters: ParameterView[];
  unreachable: { node: string; reason: string }[];
}

export interface ParameterService {
  /** Asks every node. @throws CLUSTER_NOT_FOUND | PARAMETER_* when the machine has become too small */
  list(cluster: string): Promise<ParameterList>;
}

/** Plans and reports, which are kept as long as their cluster's record. */
export interface RecordService {
  /** Newest first. @throws CLUSTER_NOT_FOUND | INVALID_CURSOR */
  plans(cluster: string, page: PageRequest): Promise<PageOf<PlanView>>;
  /** @throws PLAN_NOT_FOUND */
  plan(id: string): Promise<PlanView>;
  /** Newest first. @throws CLUSTER_NOT_FOUND | INVALID_CURSOR */
  reports(cluster: string, page: PageRequest): Promise<PageOf<ReportView>>;
  /** @throws REPORT_NOT_FOUND */
  report(id: string): Promise<ReportView>;
}

/** Remembers what requests with an idempotency key were answered. */
export interface IdempotencyService {
  /**
   * `taken`: the request is to be done; `left-by-the-dead`: it may have been done by a server that died.
   * Otherwise what it was answered.
   * @throws IDEMPOTENCY_KEY_REUSED | IDEMPOTENCY_KEY_IN_USE
   */
  take(key: string, fingerprint: string): Promise<'taken' | 'left-by-the-dead' | StoredAnswer>;
  /** Keeps the answer, or frees the key where the request changed nothing. */
  settle(key: string, answer: StoredAnswer): Promise<void>;
}

/** What Prometheus collects. */
export interface MetricsService extends Omit<Metrics, 'operationEnded' | 'stageEnded' | 'expose'> {
  /** Everything so far, with how things stand now. @throws DATABASE_UNAVAILABLE */
  expose(): Promise<string>;
}

/** One thing that the server needs in order to work, and whether it is there. */
export interface ReadinessCheck {
  name: string;
  ready: boolean;
  /** What was found; or what is wrong and how to put it right. */
  message: string;
}

export interface ReadinessService {
  /** Never throws. The server is ready when every check is. */
  checks(): Promise<ReadinessCheck[]>;
}
