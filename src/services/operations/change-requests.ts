import { clusterNotFound } from '../../core/cluster/cluster-errors.ts';
import type { ClusterSpec } from '../../core/cluster/cluster-spec.ts';
import { stepMissing } from '../../core/cluster/missing-step.ts';
import { pendingChange, pendingStep } from '../../core/cluster/pending-change.ts';
import { HathiError } from '../../core/errors.ts';
import type { OperationRecord } from '../../core/operation/operation.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterRecord, NewOperation, NodeSize, Stores } from '../../ports/stores.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import { topologyNow } from '../clusters/cluster-documents.ts';
import { changeMetadata, type MetadataChange } from '../clusters/cluster-metadata.ts';
import {
  assertSpecCanBe,
  nextSpec,
  revisionsFor,
  type SpecDefaults,
} from '../clusters/cluster-requests.ts';
import { checkedParameters } from '../parameters/parameter-requests.ts';
import type { Caller, ChangeRequest } from './requests.ts';

/** Input of the operation `change-cluster`. */
interface ChangeInput {
  change: ChangeRequest;
  /** Spec before the change, for a person who declines the plan. */
  previous_spec: ClusterSpec;
}

/** Stores an operation with the stages of its procedure. */
export type Enqueue = (
  stores: Stores,
  cluster: ClusterRecord,
  caller: Caller,
  wanted: Pick<NewOperation, 'kind' | 'input' | 'approval'>,
) => Promise<OperationRecord>;

export interface ChangeRequestTools extends SpecDefaults {
  unitOfWork: UnitOfWork;
  clock: Pick<Clock, 'now'>;
  nodeSizeOf(cluster: string): Promise<NodeSize>;
  enqueue: Enqueue;
}

const NO_METADATA: MetadataChange = { ifMatch: null };

/** Requests for another spec of an existing cluster. */
export function createChangeRequests(tools: ChangeRequestTools) {
  /**
   * Stores the requested spec and enqueues its plan, in one transaction with the metadata.
   * @returns null if the nodes have that spec already
   */
  const change = async (
    name: string,
    request: ChangeRequest,
    metadata: MetadataChange,
    caller: Caller,
  ): Promise<OperationRecord | null> => {
    const size = await tools.nodeSizeOf(name);
    return await tools.unitOfWork.transaction(async (stores) => {
      const cluster = await stores.clusters.findForUpdate(name);
      if (!cluster) throw clusterNotFound(name, await stores.clusters.names());
      await changeMetadata(stores.clusters, cluster, metadata);
      const spec = requestedSpec(tools, cluster, request, size);
      const revisions = revisionsFor(cluster, spec);
      const observation = await stores.observations.get(cluster.id);
      const observed = topologyNow(cluster, observation, tools.clock.now());
      // Right after a change of roles two nodes may be observed as the primary.
      const topology = observed?.primary ? observed : cluster.topology;
      const isDone = pendingChange({ ...cluster, ...revisions, spec }) === null;
      const input: ChangeInput = { change: request, previous_spec: cluster.spec };
      const operation = isDone
        ? null
        : await tools.enqueue(stores, { ...cluster, spec, ...revisions, topology }, caller, {
            kind: 'change-cluster',
            input: { ...input },
            approval: approvalOf(request, cluster, spec),
          });
      if (isDone) await stores.operations.assertIdle(cluster.id);
      await stores.clusters.update(cluster.id, { spec, ...revisions });
      return operation;
    });
  };

  /** Requests the change of an operation that did not succeed again. */
  const repeat = async (
    { id, cluster_name: name, input }: OperationRecord,
    caller: Caller,
  ): Promise<OperationRecord> => {
    const { change: request } = input as unknown as ChangeInput;
    const operation = await change(name, request, NO_METADATA, caller);
    if (operation !== null) return operation;
    throw new HathiError(
      'TRANSITION_NOT_ALLOWED',
      `Cluster ${name} has the requested settings already, so there is nothing to retry.`,
      { operation: id },
    );
  };

  /** Enqueues the procedure of a change for the present spec. */
  const repair = async (
    name: string,
    approval: ChangeRequest['approval'],
    caller: Caller,
  ): Promise<OperationRecord> =>
    await tools.unitOfWork.transaction(async (stores) => {
      const cluster = await stores.clusters.findForUpdate(name);
      if (!cluster) throw clusterNotFound(name, await stores.clusters.names());
      assertSetUp('repair-cluster', cluster);
      return await tools.enqueue(stores, cluster, caller, {
        kind: 'repair-cluster',
        input: {},
        approval,
      });
    });

  return { change, repeat, repair };
}

/** @throws STEP_MISSING while the cluster is not set up */
function assertSetUp(kind: 'change-cluster' | 'repair-cluster', cluster: ClusterRecord): void {
  if (cluster.executed_spec !== null) return;
  const { name } = cluster;
  const missing = pendingStep(cluster);
  const why = `Cluster ${name} is not set up yet. Its next step is ${missing}.`;
  throw stepMissing(kind, missing, name, why);
}

/**
 * @throws STEP_MISSING while the cluster is not set up
 * @throws INVALID_REQUEST | PARAMETER_* for settings that cannot be changed or used
 */
function requestedSpec(
  tools: ChangeRequestTools,
  cluster: ClusterRecord,
  { spec: changes, parameters }: ChangeRequest,
  size: NodeSize,
): ClusterSpec {
  assertSetUp('change-cluster', cluster);
  const changed = nextSpec(cluster.name, cluster.spec, changes, tools);
  assertSpecCanBe(changed, cluster, tools.targets);
  return {
    ...changed,
    parameters: checkedParameters({ spec: changed }, parameters, size, '/parameters'),
  };
}

/** A removed replica is a removed copy of the data, so a person approves it unless it is allowed. */
function approvalOf(
  { approval, allow }: ChangeRequest,
  { applied_spec: applied }: ClusterRecord,
  spec: ClusterSpec,
): ChangeRequest['approval'] {
  const removesCopies = applied !== null && spec.replica_count < applied.replica_count;
  return removesCopies && !allow.includes('delete-data') ? 'manual' : approval;
}

/**
 * Restores the spec from before a change that ended before its apply started: a declined plan
 * leaves no pending change.
 */
export async function discardChange(stores: Stores, operation: OperationRecord): Promise<void> {
  if (operation.kind !== 'change-cluster') return;
  const apply = operation.stages.find(({ name }) => name === 'apply-terraform');
  if (apply?.started_at) return;
  const cluster = await stores.clusters.findForUpdate(operation.cluster_name);
  if (cluster?.id !== operation.cluster_id) return;
  const { previous_spec: spec } = operation.input as unknown as ChangeInput;
  await stores.clusters.update(cluster.id, { spec, ...revisionsFor(cluster, spec) });
}
