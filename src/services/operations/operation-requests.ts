import {
  clusterExists,
  clusterNotFound,
  clusterProtected,
} from '../../core/cluster/cluster-errors.ts';
import { type ClusterSpec, DEFAULT_CLUSTER } from '../../core/cluster/cluster-spec.ts';
import { assertStepMayRun } from '../../core/cluster/missing-step.ts';
import { HathiError, isHathiError } from '../../core/errors.ts';
import { operationEvent } from '../../core/operation/event.ts';
import type { OperationRecord } from '../../core/operation/operation.ts';
import { operationActions } from '../../core/operation/operation-actions.ts';
import type { Step } from '../../core/operation/steps.ts';
import { type OperationKind, planOperation } from '../../core/procedures/procedures.ts';
import type { Remedy } from '../../core/remedy.ts';
import type { Clock, IdSource } from '../../ports/clock.ts';
import type { ClusterRecord, NewOperation, NodeSize, Stores } from '../../ports/stores.ts';
import type { Target, Targets } from '../../ports/target.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import { targetOf } from '../../shared/targets.ts';
import {
  assertSpecCanBe,
  newCluster,
  nextSpec,
  revisionsFor,
} from '../clusters/cluster-requests.ts';
import { assertOwnState } from '../clusters/state-bucket.ts';
import { checkedParameters, type NodeSizes } from '../parameters/parameter-requests.ts';
import { createChangeRequests } from './change-requests.ts';
import type { Caller, ClusterRequest, SpecChanges, StepInputs } from './requests.ts';
import { createSwitchoverRequest } from './switchover-requests.ts';

export interface OperationRequestTools {
  unitOfWork: UnitOfWork;
  ids: IdSource;
  targets: Targets;
  sizes: NodeSizes;
  clock: Pick<Clock, 'now'>;
  /** Id of the data directory. Local clusters belong to it. */
  site: string;
  /** Default target of new clusters. */
  defaultTarget: string;
}

/** Attempts to find a free network while other clusters are created. */
const MOST_TRIES = 5;

/** Checks and enqueues a request in one transaction, so a rejection changes nothing. */
export function createOperationRequests(tools: OperationRequestTools) {
  const { unitOfWork } = tools;

  const enqueue = async (
    stores: Stores,
    cluster: ClusterRecord,
    { idempotencyKey }: Caller,
    wanted: Pick<NewOperation, 'kind' | 'input' | 'approval'>,
  ): Promise<OperationRecord> => {
    const operation = await stores.operations.insert({
      id: tools.ids.next(),
      cluster_id: cluster.id,
      site: targetOf(cluster, tools).isBoundToSite ? cluster.site : null,
      idempotency_key: idempotencyKey,
      ...wanted,
      ...planOperation(wanted.kind, cluster),
    });
    const { kind } = wanted;
    await stores.operations.appendEvents(operation.id, 0, [
      operationEvent('operation.queued', { kind, cluster: cluster.name }),
    ]);
    return operation;
  };

  /** A request for a step is also its approval. */
  const enqueueStep = (
    stores: Stores,
    cluster: ClusterRecord,
    caller: Caller,
    kind: OperationKind,
    input: Record<string, unknown> = {},
  ) => enqueue(stores, cluster, caller, { kind, input, approval: 'automatic' });

  /** Retries if another cluster took the network between the read and the transaction. */
  const withFreeNetwork = async (
    target: Target,
    work: (networkIndex: number | null) => Promise<OperationRecord>,
  ): Promise<OperationRecord> => {
    for (let tries = 1; ; tries++) {
      const taken = await unitOfWork.direct.clusters.networkIndexes(tools.site);
      try {
        return await work(await target.freeNetworkIndex(taken, tools.site));
      } catch (error) {
        if (tries === MOST_TRIES || !isHathiError(error, 'NETWORK_TAKEN')) throw error;
      }
    }
  };

  /** Remedies for a cluster whose creation ended before it had nodes. */
  const remediesOf = async ({ id, name, nodes }: ClusterRecord): Promise<Remedy[]> => {
    if (nodes !== null) return [];
    const [last] = await unitOfWork.direct.operations.list({ limit: 1 }, { clusterId: id });
    const actions = last ? operationActions(last) : [];
    const remedies: Remedy[] = [];
    if (last && actions.includes('approve')) {
      remedies.push({ action: 'approve-operation', operation: last.id });
    }
    if (last && actions.includes('retry')) {
      remedies.push({ action: 'retry-operation', operation: last.id });
      remedies.push({ action: 'forget-cluster', cluster: name });
    }
    return remedies;
  };

  const createCluster = async (
    request: ClusterRequest,
    caller: Caller,
  ): Promise<OperationRecord> => {
    const { name, parameters: given, labels, approval } = request;
    const existing = await unitOfWork.direct.clusters.find(name);
    if (existing) throw clusterExists(name, await remediesOf(existing));
    const spec = nextSpec(name, null, request.spec, tools);
    assertSpecCanBe(spec, null, tools.targets);
    const size = await tools.sizes({ spec, node_size: null });
    const parameters = checkedParameters({ spec }, given, size, '/parameters');
    const target = targetOf({ spec }, tools);
    return await withFreeNetwork(target, (networkIndex) =>
      unitOfWork.transaction(async (stores) => {
        await assertOwnState(stores.clusters, tools.targets, spec);
        const wanted = { ...spec, parameters };
        const cluster = await stores.clusters.insert({
          ...newCluster(tools.ids.next(), tools.site, wanted, networkIndex),
          labels,
          deletion_protection: request.deletionProtection ?? target.protectsByDefault,
        });
        return await enqueue(stores, cluster, caller, {
          kind: 'create-cluster',
          input: {},
          approval,
        });
      }),
    );
  };

  /** Creates or changes the cluster in the transaction that enqueues. */
  const requestSpec = async (
    name: string,
    changes: SpecChanges,
    caller: Caller,
  ): Promise<OperationRecord> => {
    const specFrom = (current: ClusterRecord | null): ClusterSpec => {
      const spec = nextSpec(name, current?.spec ?? null, changes, tools);
      assertSpecCanBe(spec, current, tools.targets);
      return spec;
    };
    const submit = async (networkIndex: number | null): Promise<OperationRecord> =>
      await unitOfWork.transaction(async (stores) => {
        const current = await stores.clusters.findForUpdate(name);
        const spec = specFrom(current);
        if (!current) {
          await assertOwnState(stores.clusters, tools.targets, spec);
          const cluster = await stores.clusters.insert({
            ...newCluster(tools.ids.next(), tools.site, spec, networkIndex),
            deletion_protection: targetOf({ spec }, tools).protectsByDefault,
          });
          return await enqueueStep(stores, cluster, caller, 'generate-terraform');
        }
        const operation = await enqueueStep(stores, current, caller, 'generate-terraform');
        await stores.clusters.update(current.id, { spec, ...revisionsFor(current, spec) });
        return operation;
      });
    const known = await unitOfWork.direct.clusters.find(name);
    const target = targetOf({ spec: specFrom(known) }, tools);
    return known ? await submit(known.network_index) : await withFreeNetwork(target, submit);
  };

  const submitOnCluster = async (
    step: Step,
    name: string,
    input: StepInputs[Step],
    caller: Caller,
  ): Promise<OperationRecord> => {
    const size = step === 'create-ansible-script' ? await nodeSizeOf(name) : null;
    return await unitOfWork.transaction(async (stores) => {
      const cluster = await stores.clusters.findForUpdate(name);
      if (!cluster && name !== DEFAULT_CLUSTER) {
        throw clusterNotFound(name, await stores.clusters.names());
      }
      const plan = cluster ? await stores.plans.latest(cluster.id) : null;
      assertStepMayRun(step, name, cluster, plan);
      if (!cluster) throw clusterNotFound(name, []);
      if (step === 'destroy-terraform' && cluster.deletion_protection) throw clusterProtected(name);
      if (step === 'apply-terraform') {
        await assertPlanIsOf(stores, cluster, (input as StepInputs['apply-terraform']).plan_id);
      }
      if (size === null) return await enqueueStep(stores, cluster, caller, step, { ...input });
      const { parameters: given } = input as StepInputs['create-ansible-script'];
      const parameters = checkedParameters(cluster, given, size);
      const operation = await enqueueStep(stores, cluster, caller, step);
      const spec: ClusterSpec = { ...cluster.spec, parameters };
      await stores.clusters.update(cluster.id, { spec, ...revisionsFor(cluster, spec) });
      return operation;
    });
  };

  /**
   * Read before the transaction: Docker can be slow, and the embedded database has one
   * connection, so nothing else could be written meanwhile, not even a lease. A cluster without
   * machines is rejected for that reason, not because Docker does not respond.
   */
  const nodeSizeOf = async (name: string): Promise<NodeSize> => {
    const cluster = await unitOfWork.direct.clusters.find(name);
    if (!cluster?.nodes) return { memory_bytes: null, disk_bytes: null };
    return await tools.sizes(cluster);
  };

  const submitStep = async <Name extends Step>(
    step: Name,
    clusterName: string,
    input: StepInputs[Name],
    caller: Caller,
  ): Promise<OperationRecord> =>
    step === 'generate-terraform'
      ? await requestSpec(clusterName, input as SpecChanges, caller)
      : await submitOnCluster(step, clusterName, input, caller);

  const changes = createChangeRequests({ ...tools, enqueue, nodeSizeOf });

  const submitVerification = async (name: string): Promise<OperationRecord> =>
    await unitOfWork.transaction(async (stores) => {
      const cluster = await stores.clusters.findForUpdate(name);
      if (!cluster) throw clusterNotFound(name, []);
      const caller = { idempotencyKey: null };
      return await enqueueStep(stores, cluster, caller, 'verify-replication', { automatic: true });
    });

  const retry = async (operationId: string, caller: Caller): Promise<OperationRecord> => {
    const known = await unitOfWork.direct.operations.get(operationId);
    if (known.kind === 'change-cluster') {
      assertRetryable(known);
      return await changes.repeat(known, caller);
    }
    return await unitOfWork.transaction(async (stores) => {
      const { kind, input, approval, ...earlier } = await stores.operations.get(operationId);
      const cluster = await stores.clusters.findForUpdate(earlier.cluster_name);
      if (cluster?.id !== earlier.cluster_id) throw clusterNotFound(earlier.cluster_name, []);
      assertRetryable(earlier);
      if (kind === 'destroy-terraform' && cluster.deletion_protection) {
        throw clusterProtected(cluster.name);
      }
      // The approval was for a plan; the new operation creates another one.
      const asked = approval === 'automatic' ? approval : 'manual';
      return await enqueue(stores, cluster, caller, { kind, input, approval: asked });
    });
  };

  return {
    createCluster,
    changeCluster: changes.change,
    repairCluster: changes.repair,
    switchover: createSwitchoverRequest({ ...tools, enqueue }),
    submitStep,
    submitVerification,
    retry,
  };
}

/** @throws TRANSITION_NOT_ALLOWED */
function assertRetryable(operation: Pick<OperationRecord, 'id' | 'state' | 'cancel_level'>): void {
  const { id, state } = operation;
  if (operationActions(operation).includes('retry')) return;
  throw new HathiError(
    'TRANSITION_NOT_ALLOWED',
    `Only an operation that did not succeed can be retried; this one is ${state}.`,
    { operation: id, state },
  );
}

/** @throws PLAN_NOT_FOUND before anything is enqueued */
async function assertPlanIsOf(
  stores: Stores,
  cluster: ClusterRecord,
  planId: string | undefined,
): Promise<void> {
  if (planId === undefined) return;
  const plan = await stores.plans.get(planId);
  if (plan.cluster_id !== cluster.id) {
    throw new HathiError('PLAN_NOT_FOUND', `Cluster ${cluster.name} has no plan ${planId}.`);
  }
}
