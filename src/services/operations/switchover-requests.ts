import { clusterNotFound } from '../../core/cluster/cluster-errors.ts';
import { stepMissing } from '../../core/cluster/missing-step.ts';
import { HathiError } from '../../core/errors.ts';
import { invalidFields } from '../../core/field-errors.ts';
import type { OperationRecord } from '../../core/operation/operation.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterRecord } from '../../ports/stores.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import { topologyNow } from '../clusters/cluster-documents.ts';
import type { Enqueue } from './change-requests.ts';
import type { Caller } from './requests.ts';

export interface SwitchoverRequestTools {
  unitOfWork: UnitOfWork;
  clock: Pick<Clock, 'now'>;
  enqueue: Enqueue;
}

/** Checks a switchover by the observed roles, and enqueues it. */
export function createSwitchoverRequest({ unitOfWork, clock, enqueue }: SwitchoverRequestTools) {
  return async (name: string, to: string | null, caller: Caller): Promise<OperationRecord> =>
    await unitOfWork.transaction(async (stores) => {
      const cluster = await stores.clusters.findForUpdate(name);
      if (!cluster) throw clusterNotFound(name, await stores.clusters.names());
      if (cluster.ansible_executed_revision === null) {
        throw stepMissing('switchover', 'execute-ansible-script', name);
      }
      const observation = await stores.observations.get(cluster.id);
      const topology = topologyNow(cluster, observation, clock.now());
      const from = topology?.primary ?? null;
      if (from === null) {
        const message = `Cluster ${name} has no primary that is observed now, so no other node can take over from it.`;
        const remedies = [{ action: 'show-cluster', cluster: name }];
        throw new HathiError('SWITCHOVER_REFUSED', message, { cluster: name, remedies });
      }
      assertCandidate(cluster, from, to);
      return await enqueue(stores, cluster, caller, {
        kind: 'switchover',
        input: { from, to },
        approval: 'automatic',
      });
    });
}

/**
 * Whether the node can take over now is decided by Patroni.
 * @throws INVALID_REQUEST naming the other nodes with PostgreSQL
 */
function assertCandidate({ nodes }: ClusterRecord, from: string, to: string | null): void {
  const others = (nodes ?? [])
    .filter(({ name, postgres_port }) => postgres_port !== null && name !== from)
    .map(({ name }) => name);
  if (to === null ? others.length > 0 : others.includes(to)) return;
  const expected =
    others.length === 0 ? 'a replica, and the cluster has none' : others.join(' or ');
  throw invalidFields([{ path: '/to', message: `must be ${expected}`, expected }]);
}
