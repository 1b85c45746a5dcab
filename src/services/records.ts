import { clusterNotFound } from '../core/cluster/cluster-errors.ts';
import type { ClusterRecord, PlanRecord } from '../ports/stores.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { PlanView, RecordService } from './api.ts';
import type { Cursors } from './cursors.ts';

export interface RecordServiceTools {
  unitOfWork: UnitOfWork;
  cursors: Cursors;
}

export function createRecordService({ unitOfWork, cursors }: RecordServiceTools): RecordService {
  const { clusters, plans, reports } = unitOfWork.direct;

  const find = async (name: string): Promise<ClusterRecord> => {
    const cluster = await clusters.find(name);
    if (!cluster) throw clusterNotFound(name, await unitOfWork.direct.clusters.names());
    return cluster;
  };

  return {
    async plans(name, request) {
      const cluster = await find(name);
      const list = `plans ${cluster.id}`;
      const page = cursors.open(request, list);
      const found = await plans.list(cluster.id, page);
      const { entries, next_cursor } = cursors.cut(found, page, list, ({ id }) => id);
      return { entries: entries.map((plan) => planView(plan, cluster)), next_cursor };
    },
    async plan(id) {
      const plan = await plans.get(id);
      return planView(plan, await clusters.get(plan.cluster_id));
    },
    async reports(name, request) {
      const cluster = await find(name);
      const list = `reports ${cluster.id}`;
      const page = cursors.open(request, list);
      const found = await reports.list(cluster.id, page);
      return cursors.cut(found, page, list, ({ id }) => id);
    },
    report: async (id) => await reports.get(id),
  };
}

function planView(plan: PlanRecord, cluster: ClusterRecord): PlanView {
  const {
    sealed_file: _file,
    lock_file: _lock,
    cluster_id: _cluster,
    base_state: _state,
    ...members
  } = plan;
  const current = plan.infrastructure_revision === cluster.infrastructure_revision;
  const isAllowed = !plan.destroy && plan.refusals.length === 0;
  const applicable = plan.state === 'ready' && isAllowed && current;
  return {
    ...members,
    cluster_name: cluster.name,
    allowed_actions: applicable && cluster.destroyed_at === null ? ['apply'] : [],
  };
}
