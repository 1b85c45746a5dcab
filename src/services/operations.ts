import { type ClusterSpec, DEFAULT_CLUSTER, type Target } from '../core/cluster/cluster-spec.ts';
import { HathiError } from '../core/errors.ts';
import { isFinished, type Operation } from '../core/operation/operation.ts';
import type { OperationKind, StageName } from '../core/operation/operation-kinds.ts';
import type { IdSource } from '../ports/clock.ts';
import type { EventStream, Wakeups } from '../ports/event-stream.ts';
import type { ClusterRecord, NodeSize, Stores } from '../ports/stores.ts';
import type { NodeTarget } from '../ports/target.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { OperationService, SpecChanges, StepInputs } from './api.ts';
import { assertSpecCanBe, assertStepMayRun, nextSpec, revisionsFor } from './cluster-requests.ts';
import { checkedParameters, type NodeSizes } from './parameter-requests.ts';

export interface OperationServiceTools {
  unitOfWork: UnitOfWork;
  wakeups: Wakeups;
  events: EventStream;
  ids: IdSource;
  target: NodeTarget;
  sizes: NodeSizes;
  /** The data directory's own id; local clusters belong to it. */
  site: string;
  defaultTarget: Target;
}

export function createOperationService(tools: OperationServiceTools): OperationService {
  const { unitOfWork, wakeups, events } = tools;

  const enqueue = async (
    stores: Stores,
    cluster: ClusterRecord,
    kind: OperationKind,
    input: Record<string, unknown>,
  ): Promise<Operation> => {
    const operation = await stores.operations.insert({
      id: tools.ids.next(),
      cluster_id: cluster.id,
      site: cluster.spec.target === 'local' ? cluster.site : null,
      kind,
      input,
      // Whoever asks for a step by its name has approved it.
      approval: 'automatic',
    });
    await stores.operations.appendEvents(operation.id, 0, [
      { type: 'operation.queued', stage: null, data: { kind, cluster: cluster.name } },
    ]);
    return operation;
  };

  const submitted = async (operation: Operation): Promise<Operation> => {
    await wakeups.notify('operations');
    return operation;
  };

  const freeNetworkIndex = async (): Promise<number> =>
    await tools.target.freeNetworkIndex(
      await unitOfWork.direct.clusters.networkIndexes(tools.site),
      tools.site,
    );

  /** Makes or changes the cluster in the transaction that enqueues, so a refusal changes nothing. */
  const requestSpec = async (name: string, changes: SpecChanges): Promise<Operation> => {
    const known = await unitOfWork.direct.clusters.find(name);
    const wanted = nextSpec(name, known?.spec ?? null, changes, tools.defaultTarget);
    assertSpecCanBe(wanted, known?.spec ?? null, tools.target.postgresVersions);
    const networkIndex = known?.network_index ?? (await freeNetworkIndex());
    return await unitOfWork.transaction(async (stores) => {
      const current = await stores.clusters.findForUpdate(name);
      const spec = nextSpec(name, current?.spec ?? null, changes, tools.defaultTarget);
      assertSpecCanBe(spec, current?.spec ?? null, tools.target.postgresVersions);
      if (!current) {
        const cluster = await stores.clusters.insert(
          newCluster(tools.ids.next(), tools.site, spec, networkIndex),
        );
        return await enqueue(stores, cluster, 'generate-terraform', {});
      }
      const operation = await enqueue(stores, current, 'generate-terraform', {});
      await stores.clusters.update(current.id, { spec, ...revisionsFor(current, spec) });
      return operation;
    });
  };

  const submitOnCluster = async (
    step: StageName,
    name: string,
    input: StepInputs[StageName],
  ): Promise<Operation> => {
    const size = step === 'create-ansible-script' ? await nodeSizeOf(name) : null;
    return await unitOfWork.transaction(async (stores) => {
      const cluster = await stores.clusters.findForUpdate(name);
      if (!cluster && name !== DEFAULT_CLUSTER) throw clusterNotFound(name);
      const plan = cluster ? await stores.plans.latest(cluster.id) : null;
      assertStepMayRun(step, name, cluster, plan);
      if (!cluster) throw clusterNotFound(name);
      if (step === 'apply-terraform') {
        await assertPlanIsOf(stores, cluster, (input as StepInputs['apply-terraform']).plan_id);
      }
      if (size === null) return await enqueue(stores, cluster, step, { ...input });
      const { parameters: given } = input as StepInputs['create-ansible-script'];
      const parameters = checkedParameters(cluster, given, size);
      const operation = await enqueue(stores, cluster, step, {});
      const spec: ClusterSpec = { ...cluster.spec, parameters };
      await stores.clusters.update(cluster.id, { spec, ...revisionsFor(cluster, spec) });
      return operation;
    });
  };

  /**
   * Asked before the transaction: Docker may take its time, and the embedded database has one
   * connection, so that nothing else would be written meanwhile, not even a lease. A cluster without
   * machines is refused for that, not for a Docker that does not answer.
   */
  const nodeSizeOf = async (name: string): Promise<NodeSize> => {
    const cluster = await unitOfWork.direct.clusters.find(name);
    if (!cluster?.nodes) return { memory_bytes: null, disk_bytes: null };
    return await tools.sizes(cluster);
  };

  return {
    async submitStep(step, clusterName, input) {
      if (step === 'generate-terraform') {
        return await submitted(await requestSpec(clusterName, input as SpecChanges));
      }
      return await submitted(await submitOnCluster(step, clusterName, input));
    },
    async waitForOutcome(operationId, signal) {
      const { last_sequence: seen } = await unitOfWork.direct.operations.get(operationId);
      for await (const _event of events.follow(operationId, Math.max(seen - 1, 0), signal)) {
        // The stream ends with the operation.
      }
      signal.throwIfAborted();
      return await unitOfWork.direct.operations.get(operationId);
    },
    async get(operationId) {
      return await unitOfWork.direct.operations.get(operationId);
    },
    follow: (operationId, afterSequence, signal) =>
      events.follow(operationId, afterSequence, signal),
    async cancel(operationId, level) {
      const operation = await unitOfWork.transaction((stores) =>
        cancelIn(stores, operationId, level),
      );
      await wakeups.notify(`cancel:${operationId}`);
      await wakeups.notify(`events:${operationId}`);
      return operation;
    },
    async approve(operationId) {
      const operation = await unitOfWork.transaction(async ({ operations }) => {
        const { attempt, state } = await operations.get(operationId);
        if (state !== 'awaiting-approval') {
          throw new HathiError(
            'TRANSITION_NOT_ALLOWED',
            `Only an operation that awaits approval can be approved; this one is ${state}.`,
            { operation: operationId, state },
          );
        }
        await operations.setState(operationId, 'queued');
        await operations.grantApproval(operationId);
        await operations.appendEvents(operationId, attempt, [
          { type: 'operation.approved', stage: null, data: {} },
        ]);
        return await operations.get(operationId);
      });
      await wakeups.notify(`events:${operationId}`);
      return await submitted(operation);
    },
  };
}

async function cancelIn(stores: Stores, id: string, level: 1 | 2): Promise<Operation> {
  const { operations } = stores;
  const { state, attempt, cancel_level } = await operations.get(id);
  if (isFinished(state)) {
    throw new HathiError(
      'TRANSITION_NOT_ALLOWED',
      `The operation has already ${state}; there is nothing to cancel.`,
      { operation: id, state },
    );
  }
  if (state === 'cancelling' && cancel_level >= level) return await operations.get(id);
  const ends = state === 'queued' || state === 'awaiting-approval';
  if (ends) await operations.setState(id, 'cancelled');
  else {
    if (state === 'running') await operations.setState(id, 'cancelling');
    await operations.requestCancel(id, level);
  }
  await operations.appendEvents(id, attempt, [
    { type: ends ? 'operation.cancelled' : 'operation.cancelling', stage: null, data: { level } },
  ]);
  return await operations.get(id);
}

/** @throws PLAN_NOT_FOUND | PLAN_STALE before anything is enqueued */
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

function newCluster(id: string, site: string, spec: ClusterSpec, networkIndex: number) {
  return {
    id,
    name: spec.name,
    site,
    spec,
    spec_revision: 1,
    infrastructure_revision: 1,
    network_index: networkIndex,
    terraform_generated_revision: null,
    applied_revision: null,
    ansible_generated_revision: null,
    ansible_executed_revision: null,
    nodes: null,
    topology: null,
    node_size: null,
    destroyed_at: null,
  };
}

export function clusterNotFound(name: string): HathiError {
  return new HathiError(
    'CLUSTER_NOT_FOUND',
    `There is no cluster named ${name}. POST /generate-terraform with {"cluster": "${name}"} makes one.`,
    { cluster: name },
  );
}
