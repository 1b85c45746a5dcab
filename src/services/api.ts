import type { z } from 'zod';
import type { ClusterSpec, commonSpecSchema } from '../core/cluster/cluster-spec.ts';
import type { OperationEvent } from '../core/operation/event.ts';
import type { Operation, OperationState } from '../core/operation/operation.ts';
import type { OperationAction } from '../core/operation/operation-actions.ts';
import type { Step } from '../core/operation/steps.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { StoredResponse } from '../ports/stores.ts';
import type { PageOf, PageRequest } from './lists/page.ts';

export type * from './cluster-api.ts';
export type * from './lists/page.ts';

type CommonChanges = {
  [Field in Exclude<keyof z.infer<typeof commonSpecSchema>, 'name' | 'parameters'>]?:
    | ClusterSpec[Field]
    | undefined;
};

/**
 * Members of a spec that a caller may give; those left out keep their value or take the default. Beside
 * them, a target's settings under its name, whose form HTTP has checked.
 */
export type SpecChanges = CommonChanges & Readonly<Record<string, unknown>>;

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
  submitStep<Name extends Step>(
    step: Name,
    clusterName: string,
    input: StepInputs[Name],
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

/** Remembers what requests with an idempotency key were answered. */
export interface IdempotencyService {
  /**
   * `taken`: the request is to be done; `abandoned`: it may have been done by a server that died.
   * Otherwise what it was answered.
   * @throws IDEMPOTENCY_KEY_REUSED | IDEMPOTENCY_KEY_IN_USE
   */
  take(key: string, fingerprint: string): Promise<'taken' | 'abandoned' | StoredResponse>;
  /** Keeps the answer, or frees the key where the request changed nothing. */
  settle(key: string, answer: StoredResponse): Promise<void>;
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
