import { clusterNotFound } from '../../core/cluster/cluster-errors.ts';
import { type ErrorCode, HathiError } from '../../core/errors.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { Report } from '../../core/postgres/replication-report.ts';
import { isWholeId, type RecordKind } from '../../core/record-id.ts';
import type { ClusterRecord, PlanRecord } from '../../ports/stores.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import type { Cursors } from '../lists/cursors.ts';
import type { PageOf, PageRequest } from '../lists/page.ts';

/** Plans and reports, which are kept as long as their cluster's record. */
export interface RecordService {
  /** Newest first. @throws CLUSTER_NOT_FOUND | INVALID_CURSOR */
  plans(cluster: string, page: PageRequest): Promise<PageOf<Plan>>;
  /** @throws PLAN_NOT_FOUND */
  plan(id: string): Promise<Plan>;
  /** Newest first. @throws CLUSTER_NOT_FOUND | INVALID_CURSOR */
  reports(cluster: string, page: PageRequest): Promise<PageOf<Report>>;
  /** @throws REPORT_NOT_FOUND */
  report(id: string): Promise<Report>;
  /**
   * The whole id of a record.
   * @param given the id, or at least its first eight characters
   * @throws OPERATION_NOT_FOUND | PLAN_NOT_FOUND | REPORT_NOT_FOUND | ID_AMBIGUOUS, for a prefix only
   */
  idOf(kind: RecordKind, given: string): Promise<string>;
}

/** Ids that the error of an ambiguous prefix names. */
const MOST_CANDIDATES = 5;

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
      return { entries: entries.map((plan) => planDocument(plan, cluster)), next_cursor };
    },
    async plan(id) {
      const plan = await plans.get(id);
      return planDocument(plan, await clusters.get(plan.cluster_id));
    },
    async reports(name, request) {
      const cluster = await find(name);
      const list = `reports ${cluster.id}`;
      const page = cursors.open(request, list);
      const found = await reports.list(cluster.id, page);
      return cursors.cut(found, page, list, ({ id }) => id);
    },
    report: async (id) => await reports.get(id),
    async idOf(kind, given) {
      if (isWholeId(given.toLowerCase())) return given.toLowerCase();
      const found = await unitOfWork.direct.recordIds.startingWith(kind, given, MOST_CANDIDATES);
      const [only] = found;
      if (only === undefined) throw notFound(kind, given);
      if (found.length === 1) return only;
      throw new HathiError(
        'ID_AMBIGUOUS',
        `Several ${kind}s have an id that begins with ${given}: ${found.join(', ')}.`,
        { id: given, candidates: found },
      );
    },
  };
}

const NOT_FOUND = {
  operation: 'OPERATION_NOT_FOUND',
  plan: 'PLAN_NOT_FOUND',
  report: 'REPORT_NOT_FOUND',
} as const satisfies Record<RecordKind, ErrorCode>;

function notFound(kind: RecordKind, prefix: string): HathiError {
  return new HathiError(NOT_FOUND[kind], `No ${kind} has an id that begins with ${prefix}.`, {
    [kind]: prefix,
  });
}

function planDocument(plan: PlanRecord, cluster: ClusterRecord): Plan {
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
