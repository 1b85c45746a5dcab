/**
 * The server as it is, but for its stages and its target: HTTP, services, stores, queue and worker
 * are the real ones. Takes the server's own settings, and
 *
 *   FAKE_STAGE_MILLISECONDS   how long every stage takes, 0
 *   FAKE_EVENTS               number of events of verify-replication; default: 0
 *   FAKE_EVENT_MILLISECONDS   the time between two of them, 0
 *   FAKE_EVENT_BYTES          how long the text in each of them is, 0
 *   FAKE_STREAM_MILLISECONDS  after this time the server ends every event stream, 0 for never
 *   FAKE_BLOCK_SECONDS        for how long SIGUSR2 blocks the event loop, 0
 *   FAKE_MISMATCH=log         responses are compared as in production, for measurements
 *
 * node test/support/api-process.ts
 */

import { migrate } from '../../src/adapters/database/migrate.ts';
import { SqlUnitOfWork } from '../../src/adapters/database/sql-unit-of-work.ts';
import { createPrometheusMetrics } from '../../src/adapters/metrics/prometheus.ts';
import { processes } from '../../src/adapters/process/processes.ts';
import { uuidSource } from '../../src/adapters/system/clock.ts';
import { createLocalCallers } from '../../src/adapters/system/local-callers.ts';
import { localNetworks } from '../../src/adapters/system/local-networks.ts';
import { createLogger } from '../../src/adapters/system/logger.ts';
import { readSite } from '../../src/adapters/system/site.ts';
import { openDatabase } from '../../src/composition/database.ts';
import { createServices } from '../../src/composition/services.ts';
import { createTools } from '../../src/composition/tools.ts';
import { readConfig, secretsOf } from '../../src/config.ts';
import { startWorker } from '../../src/engine/worker.ts';
import { buildApp } from '../../src/http/server/app.ts';
import { listen } from '../../src/http/server/listen.ts';
import type { ObservationService } from '../../src/services/observation/observation-service.ts';
import type { OperationService } from '../../src/services/operations/operation-service.ts';
import { targetsByName } from '../../src/shared/targets.ts';
import { FAKE_ENGINE, fakeStages } from './fake-stages.ts';
import { fakeAwsTarget, fakeTarget } from './fake-target.ts';

const number = (name: string) => Number(process.env[name] ?? 0);

const config = readConfig();
const log = createLogger(config.logLevel, { secrets: secretsOf(config) });
const site = readSite(config.dataDirectory);
const database = await openDatabase(config);
await migrate(database.db);
const unitOfWork = new SqlUnitOfWork(database.db);
const { wakeups } = database;
const targets = targetsByName(fakeTarget(), fakeAwsTarget());
const engine = async () => FAKE_ENGINE;
const tools = {
  ...(await createTools(config, targets)),
  targets,
  terraform: { engine } as never,
  ansible: { engine } as never,
  nodeSizes: async () => ({ memory_bytes: 4 * 2 ** 30, disk_bytes: null }),
};
const { clock, secretBox, workspace } = tools;
const metrics = createPrometheusMetrics('test');

const worker = await startWorker(
  {
    unitOfWork,
    wakeups,
    clock,
    leases: database.leases,
    leaseSeconds: config.leaseSeconds,
    processes,
    workspace,
    log,
    metrics,
    stages: fakeStages({
      secretBox,
      stageMilliseconds: number('FAKE_STAGE_MILLISECONDS'),
      events: {
        count: number('FAKE_EVENTS'),
        everyMilliseconds: number('FAKE_EVENT_MILLISECONDS'),
        bytes: number('FAKE_EVENT_BYTES'),
      },
    }),
  },
  { identity: { id: `${site}:${uuidSource.next()}`, site }, concurrency: config.workers },
);
const services = createServices({
  unitOfWork,
  wakeups,
  tools,
  metrics,
  localNetworks,
  site,
  holder: uuidSource.next(),
  mayLive: () => false,
  settings: config,
});
const app = await buildApp({
  ...services,
  targets: [...targets.values()],
  orphans: { list: async () => ({ regions: [], failures: [], orphans: [] }) },
  operations: withBoundedStreams(services.operations),
  observations: withBoundedEvents(services.observations),
  config,
  localCallers: config.token === null ? await createLocalCallers() : null,
  logger: log,
  // A response that differs from its description is an error 500 here, so tests find it.
  mismatch: process.env.FAKE_MISMATCH === 'log' ? 'log' : 'throw',
});
const urls = await listen(app, config);
console.error(`Hathi answers at ${urls.join(' and ')}`);

process.on('SIGUSR2', () => {
  const seconds = number('FAKE_BLOCK_SECONDS');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
  console.error(`blocked for ${seconds} s`);
});

process.once('SIGTERM', async () => {
  await app.close();
  await worker.stop();
  await database.close();
  process.exit(0);
});

/** Ends the event streams of the API, but not the waits of the steps, which follow the same events. */
function withBoundedStreams(whole: OperationService): OperationService {
  return {
    ...whole,
    follow: (id, sequence, signal) => bounded(signal, (end) => whole.follow(id, sequence, end)),
  };
}

function withBoundedEvents(whole: ObservationService): ObservationService {
  return {
    ...whole,
    async follow(cluster, options) {
      const end = new AbortController();
      const events = await whole.follow(cluster, { ...options, signal: end.signal });
      return bounded(options.signal, (signal) => {
        signal.addEventListener('abort', () => end.abort());
        return events;
      });
    },
  };
}

/** Ends the events after FAKE_STREAM_MILLISECONDS. */
async function* bounded<Event>(
  signal: AbortSignal,
  follow: (end: AbortSignal) => AsyncIterable<Event>,
): AsyncGenerator<Event> {
  const milliseconds = number('FAKE_STREAM_MILLISECONDS');
  // Not AbortSignal.any() with AbortSignal.timeout(): the garbage collector can take that timer.
  const end = new AbortController();
  const abort = () => end.abort();
  signal.addEventListener('abort', abort, { once: true });
  const timer = milliseconds === 0 ? undefined : setTimeout(abort, milliseconds);
  try {
    yield* follow(end.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
