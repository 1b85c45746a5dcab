import type { Config } from '../config.ts';
import type { Wakeups } from '../ports/event-stream.ts';
import type { LocalNetworks } from '../ports/local-networks.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { createClusterService } from '../services/clusters.ts';
import { createCursors } from '../services/cursors.ts';
import { createEventStream } from '../services/follow-events.ts';
import { createIdempotencyService } from '../services/idempotency.ts';
import { createMetricsService } from '../services/metrics.ts';
import { createOperationService } from '../services/operations.ts';
import { createOrphanService } from '../services/orphans.ts';
import { createParameterService } from '../services/parameters.ts';
import { createReadinessService } from '../services/readiness.ts';
import { createRecordService } from '../services/records.ts';
import { targetOf } from '../shared/targets.ts';
import type { Tools } from './tools.ts';

export type ServiceSettings = Pick<Config, 'target'>;

export interface ServiceParts {
  unitOfWork: UnitOfWork;
  wakeups: Wakeups;
  tools: Pick<
    Tools,
    | 'secretBox'
    | 'workspace'
    | 'targets'
    | 'terraform'
    | 'ansible'
    | 'probe'
    | 'ids'
    | 'clock'
    | 'nodeSizes'
  >;
  metrics: Metrics;
  localNetworks: LocalNetworks;
  /** The data directory that local clusters belong to. */
  site: string;
  /** This run of the server, for idempotency keys. */
  holder: string;
  /** Whether the run that another holder names may still respond. */
  mayLive(holder: string): boolean;
  settings: ServiceSettings;
}

/** The use cases of the API. */
export function createServices(parts: ServiceParts) {
  const { unitOfWork, wakeups, tools, metrics, site, holder, mayLive, settings } = parts;
  const { secretBox, workspace, targets, clock, nodeSizes: sizes } = tools;
  const cursors = createCursors(secretBox);
  return {
    clusters: createClusterService({
      unitOfWork,
      box: secretBox,
      workspace,
      targets,
      cursors,
      clock,
      localNetworks: parts.localNetworks,
    }),
    operations: createOperationService({
      unitOfWork,
      wakeups,
      events: createEventStream({ unitOfWork, wakeups, clock }),
      cursors,
      metrics,
      ids: tools.ids,
      targets,
      sizes,
      site,
      defaultTarget: settings.target,
    }),
    records: createRecordService({ unitOfWork, cursors }),
    orphans: createOrphanService({
      unitOfWork,
      box: secretBox,
      targets,
      terraform: tools.terraform,
    }),
    parameters: createParameterService({
      unitOfWork,
      box: secretBox,
      probe: tools.probe,
      workspace,
      targets,
      sizes,
    }),
    metrics: createMetricsService(unitOfWork, metrics),
    idempotency: createIdempotencyService({ unitOfWork, clock, holder, mayLive }),
    readiness: createReadinessService({
      unitOfWork,
      terraform: tools.terraform,
      ansible: tools.ansible,
      target: targetOf({ spec: settings }, tools),
    }),
  };
}
