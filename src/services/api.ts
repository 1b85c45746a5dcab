import type { ClusterSpec } from '../core/cluster/cluster-spec.ts';
import type { ClusterNode, Role, Topology } from '../core/cluster/topology.ts';
import type { Operation, OperationEvent } from '../core/operation/operation.ts';
import type { StageName } from '../core/operation/operation-kinds.ts';

/** Members of a spec that a caller may give; those left out keep their value or take the default. */
export type SpecChanges = {
  [Field in keyof Omit<ClusterSpec, 'name' | 'parameters'>]?: ClusterSpec[Field] | undefined;
};

/** A PostgreSQL parameter as JSON can say it; the service makes PostgreSQL's spelling of it. */
export type ParameterValue = string | number | boolean;

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

/** What may be asked about operations, and of them. */
export interface OperationService {
  /**
   * Checks that the step may run, and enqueues it in one transaction. `generate-terraform` makes the
   * cluster where there is none and changes its spec where there is one, in that same transaction.
   * A step whose work is done already returns an operation all the same; it converges.
   * @throws CLUSTER_NOT_FOUND, for a cluster other than `default`, by every step but the first
   * @throws STEP_MISSING with details `{ step, missing }`; also where `default` is not there yet
   * @throws CLUSTER_BUSY with details `{ operation }`: the id of the operation in the way
   * @throws PARAMETER_* with details `{ errors: [{ path, message, suggestion? }] }`
   * @throws PLAN_NOT_FOUND | PLAN_STALE
   */
  submitStep<Step extends StageName>(
    step: Step,
    clusterName: string,
    input: StepInputs[Step],
  ): Promise<Operation>;
  /**
   * Resolves once the operation is finished, in whichever way; rejects with `signal.reason` when
   * the signal is aborted. Never cancels the operation.
   * @throws OPERATION_NOT_FOUND
   */
  waitForOutcome(operationId: string, signal: AbortSignal): Promise<Operation>;
  /** @throws OPERATION_NOT_FOUND */
  get(operationId: string): Promise<Operation>;
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
  cancel(operationId: string, level: 1 | 2): Promise<Operation>;
  /** @throws OPERATION_NOT_FOUND | TRANSITION_NOT_ALLOWED */
  approve(operationId: string): Promise<Operation>;
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
  /** The unfinished operation that holds the cluster, if any. */
  operation: { id: string; kind: string; state: string } | null;
  latest_report: { id: string; passed: boolean; created_at: string } | null;
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

/** What may be asked about clusters. Every method but `list` may throw CLUSTER_NOT_FOUND. */
export interface ClusterService {
  /** Not destroyed, by name. */
  list(): Promise<ClusterView[]>;
  get(name: string): Promise<ClusterView>;
  /** @throws STEP_MISSING while no node or no password is there yet */
  connection(name: string): Promise<ConnectionView>;
  /** @throws REPORT_NOT_FOUND */
  latestReport(name: string): Promise<ReportView>;
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
