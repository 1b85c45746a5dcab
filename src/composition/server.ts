import { lockDataDirectory } from '../adapters/database/data-directory-lock.ts';
import { migrate } from '../adapters/database/migrate.ts';
import { SqlUnitOfWork } from '../adapters/database/sql-unit-of-work.ts';
import { createPrometheusMetrics } from '../adapters/metrics/prometheus.ts';
import { processes } from '../adapters/process/processes.ts';
import { uuidSource } from '../adapters/system/clock.ts';
import { createLocalCallers } from '../adapters/system/local-callers.ts';
import { localNetworks } from '../adapters/system/local-networks.ts';
import { createLogger } from '../adapters/system/logger.ts';
import { readSite } from '../adapters/system/site.ts';
import { createWebhookSender } from '../adapters/webhooks/https-sender.ts';
import { type Config, secretsOf } from '../config.ts';
import { startWorker } from '../engine/worker.ts';
import { buildApp } from '../http/server/app.ts';
import { listen } from '../http/server/listen.ts';
import { startObserver } from '../observer/observer.ts';
import { startWebhookDispatcher } from '../observer/webhook-dispatcher.ts';
import type { Targets } from '../ports/target.ts';
import { chooseLocalCallers } from '../services/server/local-callers.ts';
import type { ReadinessService } from '../services/server/readiness-service.ts';
import { packageVersion } from './assets.ts';
import { openDatabase } from './database.ts';
import { createServices } from './services.ts';
import { createStages } from './stages.ts';
import { createTargets } from './targets.ts';
import { createTools } from './tools.ts';

export interface Server {
  /** The URLs at which the server listens. */
  urls: string[];
  /** Stops listening, claiming and writing; operations continue with the next server. */
  close(): Promise<void>;
}

type Closer = () => Promise<void> | void;

/**
 * Starts the server: database, worker and HTTP.
 * @param targets a test adds a target
 * @throws DATA_DIRECTORY_LOCKED | DATABASE_UNAVAILABLE | PORT_IN_USE | CONFIGURATION_INVALID
 */
export async function startServer(
  config: Config,
  targets: Targets = createTargets(config),
): Promise<Server> {
  const closers: Closer[] = [];
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  try {
    return { urls: await start(config, targets, closers), close };
  } catch (error) {
    // An open part would keep the process alive. Only the first error is reported.
    await close().catch(() => {});
    throw error;
  }
}

/**
 * @param closers receives the function that ends each started part, in the order of the starts
 * @returns the URLs of the server
 */
async function start(config: Config, targets: Targets, closers: Closer[]): Promise<string[]> {
  const log = createLogger(config.logLevel, { secrets: secretsOf(config) });
  for (const warning of config.warnings) log.warn(warning);
  const localCallers = await chooseLocalCallers(
    config,
    () => createLocalCallers(),
    (warning) => log.warn(warning),
  );
  const lock = lockDataDirectory(config.dataDirectory);
  closers.push(() => lock.release());
  const site = readSite(config.dataDirectory);
  const database = await openDatabase(config);
  closers.push(() => database.close());
  await migrate(database.db);
  const unitOfWork = new SqlUnitOfWork(database.db);
  const { wakeups } = database;
  const tools = await createTools(config, targets);
  const metrics = createPrometheusMetrics(packageVersion());

  // The lock proves that no other process holds these leases on this data directory.
  const released = await unitOfWork.direct.operations.releaseSite(site);
  if (released > 0)
    log.info({ operations: released }, 'continuing operations of an earlier server');
  const worker = await startWorker(
    {
      unitOfWork,
      wakeups,
      clock: tools.clock,
      leases: database.leases,
      leaseSeconds: config.leaseSeconds,
      processes,
      workspace: tools.workspace,
      log,
      metrics,
      stages: createStages(tools),
    },
    { identity: { id: `${site}:${uuidSource.next()}`, site }, concurrency: config.workers },
  );
  closers.push(() => worker.stop());
  const holder = `${site}:${uuidSource.next()}`;
  const services = createServices({
    unitOfWork,
    wakeups,
    tools,
    metrics,
    localNetworks,
    site,
    holder,
    // The lock on the data directory proves that an earlier run on it is dead.
    mayLive: (other) => other === holder || !other.startsWith(`${site}:`),
    settings: config,
  });
  await unitOfWork.direct.observations.releaseSite(site);
  const observer = startObserver(
    {
      ...tools,
      unitOfWork,
      wakeups,
      log,
      metrics,
      verify: async (cluster) => {
        await services.operations.verifyAutomatically(cluster);
      },
    },
    { id: holder, site },
  );
  closers.push(() => observer.stop());
  const dispatcher = await startWebhookDispatcher({
    unitOfWork,
    wakeups,
    box: tools.secretBox,
    sender: createWebhookSender({
      allowedNetworks: config.webhookNetworks,
      now: () => tools.clock.now(),
    }),
    clock: tools.clock,
    log,
  });
  closers.push(() => dispatcher.stop());
  const app = await buildApp({
    ...services,
    targets: [...targets.values()],
    config,
    localCallers,
    logger: log,
  });
  closers.push(() => app.close());
  const urls = await listen(app, config);
  log.info({ urls, database: database.description, site }, 'Hathi is ready');
  void logReadiness(services.readiness, log);
  return urls;
}

/**
 * Logs missing programs before the first request needs them. The checks take one second in total.
 */
async function logReadiness(
  readiness: ReadinessService,
  log: ReturnType<typeof createLogger>,
): Promise<void> {
  for (const { name, ready, message } of await readiness.checks()) {
    if (ready) log.info(`${name}: ${message}`);
    else log.warn(`${name} is not ready: ${message}`);
  }
}
