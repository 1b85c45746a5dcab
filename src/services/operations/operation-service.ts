import { clusterNotFound } from '../../core/cluster/cluster-errors.ts';
import { HathiError } from '../../core/errors.ts';
import { type OperationEvent, operationEvent } from '../../core/operation/event.ts';
import type { Operation, OperationRecord } from '../../core/operation/operation.ts';
import { operationActions, planOf } from '../../core/operation/operation-actions.ts';
import { isFinished, type OperationState } from '../../core/operation/operation-state.ts';
import type { Step } from '../../core/operation/steps.ts';
import { planRefused } from '../../core/plan/refusal.ts';
import type { EventStream, Wakeups } from '../../ports/event-stream.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Stores } from '../../ports/stores.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import type { MetadataChange } from '../clusters/cluster-metadata.ts';
import type { Cursors } from '../lists/cursors.ts';
import type { PageOf, PageRequest } from '../lists/page.ts';
import { SharedReads } from '../lists/shared-reads.ts';
import { discardChange } from './change-requests.ts';
import { createOperationRequests, type OperationRequestTools } from './operation-requests.ts';
import type { Caller, ChangeRequest, ClusterRequest, StepInputs } from './requests.ts';

/** Use cases of operations. */
export interface OperationService {
  /**
   * Creates the cluster and enqueues all stages, in one transaction.
   * @throws CLUSTER_EXISTS | PARAMETER_* | NETWORK_EXHAUSTED
   */
  createCluster(request: ClusterRequest, caller: Caller): Promise<Operation>;
  /**
   * Changes the spec of a set-up cluster and enqueues its plan. Metadata changes at once.
   * @returns null if the nodes have that spec already
   * @throws CLUSTER_NOT_FOUND | CLUSTER_BUSY | STEP_MISSING | INVALID_REQUEST | PARAMETER_*
   * @throws PRECONDITION_FAILED
   */
  changeCluster(
    name: string,
    request: ChangeRequest,
    metadata: MetadataChange,
    caller: Caller,
  ): Promise<Operation | null>;
  /**
   * Brings machines and nodes back to the spec: starts stopped machines, creates missing ones, and sets
   * them up.
   * @throws CLUSTER_NOT_FOUND | CLUSTER_BUSY | STEP_MISSING
   */
  repairCluster(
    name: string,
    approval: ChangeRequest['approval'],
    caller: Caller,
  ): Promise<Operation>;
  /**
   * Makes a replica the primary. The request is the approval.
   * @param to name of the replica; null for the choice of Patroni
   * @throws CLUSTER_NOT_FOUND | CLUSTER_BUSY | STEP_MISSING | INVALID_REQUEST | SWITCHOVER_REFUSED
   */
  switchover(name: string, to: string | null, caller: Caller): Promise<Operation>;
  /**
   * Enqueues an unsuccessful operation again: the same kind with the same input.
   * @throws OPERATION_NOT_FOUND | TRANSITION_NOT_ALLOWED | CLUSTER_BUSY | CLUSTER_NOT_FOUND
   */
  retry(operationId: string, caller: Caller): Promise<Operation>;
  /**
   * Newest first.
   * @throws CLUSTER_NOT_FOUND | INVALID_CURSOR
   */
  list(
    filter: { cluster?: string | undefined; state?: OperationState | undefined },
    page: PageRequest,
  ): Promise<PageOf<Operation>>;
  /** The operation of the request with this key. */
  findByIdempotencyKey(key: string): Promise<Operation | null>;
  /**
   * Checks that the step may run, and enqueues it in one transaction. `generate-terraform` creates
   * the
   * cluster or changes its spec in the same transaction.
   * A step also returns an operation if its work is already done; it converges.
   * @throws CLUSTER_NOT_FOUND, for a cluster other than `default`, by every step but the first
   * @throws STEP_MISSING with details `{ step, missing }`; also if `default` does not exist yet
   * @throws CLUSTER_BUSY with details `{ operation }`: the id of the blocking operation
   * @throws PARAMETER_* with details `{ errors: [{ path, message, suggestion? }] }`
   * @throws PLAN_NOT_FOUND | PLAN_STALE
   * @throws CLUSTER_PROTECTED by destroy-terraform
   */
  submitStep<Name extends Step>(
    step: Name,
    clusterName: string,
    input: StepInputs[Name],
    caller: Caller,
  ): Promise<Operation>;
  /**
   * Enqueues a verification that nobody requested. It runs beside a requested one.
   * @throws CLUSTER_NOT_FOUND | CLUSTER_BUSY during another automatic verification
   */
  verifyAutomatically(clusterName: string): Promise<Operation>;
  /**
   * Resolves when the operation has ended, with any result. Rejects with `signal.reason` when
   * the signal is aborted. Never cancels the operation.
   * @throws OPERATION_NOT_FOUND
   */
  waitForOutcome(operationId: string, signal: AbortSignal): Promise<Operation>;
  /** @throws OPERATION_NOT_FOUND */
  get(operationId: string): Promise<Operation>;
  /**
   * Returns stored events after `afterSequence`, then new ones, without loss or duplicates. Ends
   * after the last
   * event of a finished operation, or when the signal is aborted.
   * @throws OPERATION_NOT_FOUND before the first event
   */
  follow(
    operationId: string,
    afterSequence: number,
    signal: AbortSignal,
  ): AsyncIterable<OperationEvent>;
  /**
   * Raises the level of cancellation and returns the changed operation.
   * @param level 1 stop (SIGINT), 2 stop by force (SIGKILL)
   * @throws OPERATION_NOT_FOUND | TRANSITION_NOT_ALLOWED
   */
  cancel(operationId: string, level: 1 | 2): Promise<Operation>;
  /**
   * @param planId the reviewed plan; default: the plan of the operation
   * @throws OPERATION_NOT_FOUND | TRANSITION_NOT_ALLOWED
   * @throws PLAN_STALE if the operation has another plan, or if the plan can no longer be applied
   */
  approve(operationId: string, planId: string | undefined): Promise<Operation>;
}

export interface OperationServiceTools extends OperationRequestTools {
  unitOfWork: UnitOfWork;
  wakeups: Wakeups;
  events: EventStream;
  cursors: Cursors;
  metrics: Pick<Metrics, 'operationEnded'>;
}

export function createOperationService(tools: OperationServiceTools): OperationService {
  const { unitOfWork, wakeups, events, cursors } = tools;
  const requests = createOperationRequests(tools);
  const reads = new SharedReads(() => unitOfWork.snapshot());

  /** Wakes a worker for the enqueued operation. */
  const submitted = async (operation: OperationRecord): Promise<Operation> => {
    await wakeups.notify('operations');
    return documentOf(operation);
  };

  return {
    createCluster: async (request, caller) =>
      await submitted(await requests.createCluster(request, caller)),
    async changeCluster(name, request, metadata, caller) {
      const operation = await requests.changeCluster(name, request, metadata, caller);
      return operation && (await submitted(operation));
    },
    repairCluster: async (name, approval, caller) =>
      await submitted(await requests.repairCluster(name, approval, caller)),
    switchover: async (name, to, caller) =>
      await submitted(await requests.switchover(name, to, caller)),
    submitStep: async (step, clusterName, input, caller) =>
      await submitted(await requests.submitStep(step, clusterName, input, caller)),
    verifyAutomatically: async (name) => await submitted(await requests.submitVerification(name)),
    retry: async (operationId, caller) =>
      await submitted(await requests.retry(operationId, caller)),
    async list({ cluster: name, state }, request) {
      const cluster = name === undefined ? null : await unitOfWork.direct.clusters.find(name);
      if (name !== undefined && !cluster) {
        throw clusterNotFound(name, await unitOfWork.direct.clusters.names());
      }
      const list = `operations ${JSON.stringify([name ?? null, state ?? null])}`;
      const page = cursors.open(request, list);
      const filter = { clusterId: cluster?.id, state };
      const found = await unitOfWork.direct.operations.list(page, filter);
      const { entries, next_cursor } = cursors.cut(found, page, list, ({ id }) => id);
      return { entries: entries.map(documentOf), next_cursor };
    },
    async findByIdempotencyKey(key) {
      const operation = await unitOfWork.direct.operations.findByIdempotencyKey(key);
      return operation && documentOf(operation);
    },
    async waitForOutcome(operationId, signal) {
      const { last_sequence: seen } = await unitOfWork.direct.operations.get(operationId);
      for await (const _event of events.follow(operationId, Math.max(seen - 1, 0), signal)) {
        // The stream ends with the operation.
      }
      signal.throwIfAborted();
      return documentOf(await unitOfWork.direct.operations.get(operationId));
    },
    // Shared, because each event stream begins with this read and a thousand can begin at once.
    get: (operationId) =>
      reads.read(operationId, async () =>
        documentOf(await unitOfWork.direct.operations.get(operationId)),
      ),
    follow: (operationId, afterSequence, signal) =>
      events.follow(operationId, afterSequence, signal),
    async cancel(operationId, level) {
      const operation = await unitOfWork.transaction((stores) =>
        cancelIn(stores, operationId, level),
      );
      // The worker counts a running operation.
      if (operation.state === 'cancelled') {
        tools.metrics.operationEnded(operation.kind, 'cancelled');
      }
      await wakeups.notify(`cancel:${operationId}`);
      await wakeups.notify(`events:${operationId}`);
      return documentOf(operation);
    },
    async approve(operationId, planId) {
      const operation = await unitOfWork.transaction((stores) =>
        approveIn(stores, operationId, planId),
      );
      await wakeups.notify(`events:${operationId}`);
      return await submitted(operation);
    },
  };
}

function documentOf(operation: OperationRecord): Operation {
  return {
    ...operation,
    plan_id: planOf(operation),
    allowed_actions: operationActions(operation),
  };
}

async function cancelIn(stores: Stores, id: string, level: 1 | 2): Promise<OperationRecord> {
  const { operations } = stores;
  const operation = await operations.get(id);
  const { state, attempt, cancel_level } = operation;
  if (isFinished(state)) {
    throw new HathiError(
      'TRANSITION_NOT_ALLOWED',
      `The operation has ended (${state}), so it cannot be cancelled.`,
      { operation: id, state },
    );
  }
  if (state === 'cancelling' && cancel_level >= level) return await operations.get(id);
  const ends = state === 'queued' || state === 'awaiting-approval';
  if (ends) {
    await operations.setState(id, 'cancelled');
    await discardChange(stores, operation);
  } else {
    if (state === 'running') await operations.setState(id, 'cancelling');
    await operations.requestCancel(id, level);
  }
  await operations.appendEvents(id, attempt, [
    operationEvent(ends ? 'operation.cancelled' : 'operation.cancelling', { level }),
  ]);
  return await operations.get(id);
}

/** @throws TRANSITION_NOT_ALLOWED | PLAN_STALE | PLAN_REFUSED */
async function approveIn(
  stores: Stores,
  id: string,
  reviewed: string | undefined,
): Promise<OperationRecord> {
  const { operations } = stores;
  const operation = await operations.get(id);
  if (operation.state !== 'awaiting-approval') {
    throw new HathiError(
      'TRANSITION_NOT_ALLOWED',
      `Only an operation that awaits approval can be approved; this one is ${operation.state}.`,
      { operation: id, state: operation.state },
    );
  }
  await assertPlanCanBeApproved(stores, operation, reviewed);
  await operations.setState(id, 'queued');
  await operations.grantApproval(id);
  await operations.appendEvents(id, operation.attempt, [
    operationEvent('operation.approved', { plan_id: planOf(operation) }),
  ]);
  return await operations.get(id);
}

/** Ensures that the approved plan is the plan that will be applied. */
async function assertPlanCanBeApproved(
  { plans, clusters }: Stores,
  operation: OperationRecord,
  reviewed: string | undefined,
): Promise<void> {
  const planId = planOf(operation);
  if (planId === null) return;
  const stale = (reason: string) =>
    new HathiError('PLAN_STALE', `The plan cannot be approved: ${reason}.`, {
      operation: operation.id,
      plan_id: planId,
    });
  if (reviewed !== undefined && reviewed !== planId) {
    throw stale(`the operation has made plan ${planId}, not ${reviewed}; review that one`);
  }
  const plan = await plans.get(planId);
  if (plan.state !== 'ready') throw stale(`it is ${plan.state}; retry the operation for a new one`);
  if (plan.refusals.length > 0) throw planRefused(plan.id, plan.refusals);
  const cluster = await clusters.get(operation.cluster_id);
  if (plan.infrastructure_revision !== cluster.infrastructure_revision) {
    throw stale('the cluster has another spec by now; retry the operation for a new one');
  }
}
