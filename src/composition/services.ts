import type { Config } from '../config.ts';
import type { Wakeups } from '../ports/event-stream.ts';
import type { LocalNetworks } from '../ports/local-networks.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { createClusterService } from '../services/clusters/cluster-service.ts';
import { createCursors } from '../services/lists/cursors.ts';
import { createObservationService } from '../services/observation/observation-service.ts';
import { createEventStream } from '../services/operations/follow-events.ts';
import { createOperationService } from '../services/operations/operation-service.ts';
import { createOrphanService } from '../services/orphans/orphan-service.ts';
import { createParameterService } from '../services/parameters/parameter-service.ts';
import { createRecordService } from '../services/records/record-service.ts';
import { createIdempotencyService } from '../services/server/idempotency-service.ts';
import { createMetricsService } from '../services/server/metrics-service.ts';
import { createReadinessService } from '../services/server/readiness-service.ts';
import { createWebhookService } from '../services/webhooks/webhook-service.ts';
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
  /** Id of this run of the server, for idempotency keys. */
  holder: string;
  /** Whether another run, which holds a key, may still respond. */
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
      clock,
      targets,
      sizes,
      site,
      defaultTarget: settings.target,
    }),
    records: createRecordService({ unitOfWork, cursors }),
    observations: createObservationService({ unitOfWork, wakeups, cursors, clock }),
    webhooks: createWebhookService({
      unitOfWork,
      wakeups,
      box: secretBox,
      ids: tools.ids,
      clock,
      cursors,
    }),
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
    metrics: createMetricsService(unitOfWork, metrics, clock),
    idempotency: createIdempotencyService({ unitOfWork, clock, holder, mayLive }),
    readiness: createReadinessService({
      unitOfWork,
      terraform: tools.terraform,
      ansible: tools.ansible,
      target: targetOf({ spec: settings }, tools),
    }),
  };
}
