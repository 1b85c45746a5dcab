import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { openEmbedded } from '../src/adapters/database/embedded.ts';
import { migrate } from '../src/adapters/database/migrate.ts';
import { SqlUnitOfWork } from '../src/adapters/database/sql-unit-of-work.ts';
import { createPrometheusMetrics } from '../src/adapters/metrics/prometheus.ts';
import { systemClock, uuidSource } from '../src/adapters/system/clock.ts';
import { nodeFactsSchema } from '../src/core/node/node-facts.ts';
import { startObserver } from '../src/observer/observer.ts';
import type { NodeSessionHandlers } from '../src/ports/node-sessions.ts';
import { newCluster } from '../test/support/clusters.ts';
import { fakeTarget } from '../test/support/fake-target.ts';
import { aNode, facts } from '../test/support/observed-cluster.ts';

/** Cost of observing many nodes on one server with the embedded database. */
export interface ObserverCost {
  nodes: number;
  /** Of one core. */
  cores: number;
  /** Growth of the resident memory of the process since the start of the observer, MiB. */
  mebibytes: number;
  /** Of the text of GET /metrics. */
  metricsMilliseconds: number;
  /** Rows and indexes of the history, for each node and day. */
  historyBytesPerDay: number;
}

const NODES_OF_CLUSTER = 3;
const WARM_SECONDS = 15;
const SECONDS = 60;
const ROUND_MILLISECONDS = 5_000;
const ROUNDS_OF_DAY = 86_400 / 5;

/**
 * Observes clusters whose sessions are played: each node sends a line of the real size every 5 s, which
 * is parsed and checked as in the adapter. SSH itself is not part of it.
 */
export async function measureObserver(nodes: number): Promise<ObserverCost> {
  const folder = await mkdtemp(join(tmpdir(), 'hathi-bench-'));
  const database = await openEmbedded(folder);
  await migrate(database.db);
  const unitOfWork = new SqlUnitOfWork(database.db);
  const clusters = Math.ceil(nodes / NODES_OF_CLUSTER);
  for (let number = 0; number < clusters; number++) {
    await unitOfWork.direct.clusters.insert(
      newCluster({
        id: randomUUID(),
        name: `a${number}`,
        network_index: number,
        ansible_executed_revision: 1,
        nodes: [1, 2, 3].map((ordinal) => ({ ...aNode(ordinal), name: `a${number}-${ordinal}` })),
      }),
    );
  }
  const [{ site } = { site: '' }] = (await unitOfWork.direct.clusters.list({ limit: 1 })).map(
    ({ cluster }) => cluster,
  );
  const metrics = createPrometheusMetrics('bench');
  const target = fakeTarget();
  // Without what the creation of the clusters has left.
  globalThis.gc?.();
  const idle = process.memoryUsage().rss;
  const observer = startObserver(
    {
      unitOfWork,
      wakeups: database.wakeups,
      clock: systemClock,
      ids: uuidSource,
      log: { info: () => {}, warn: console.warn, error: console.error },
      metrics,
      workspace: { path: (...segments) => join(folder, ...segments) },
      targets: new Map([[target.name, target]]),
      sessions: playedSessions(),
      verify: async () => {},
    },
    { id: randomUUID(), site },
  );
  try {
    await sleep(WARM_SECONDS * 1_000);
    const before = process.cpuUsage();
    await sleep(SECONDS * 1_000);
    const { user, system } = process.cpuUsage(before);
    const started = performance.now();
    await metrics.expose({ clusters: new Map(), operations: [] });
    const metricsMilliseconds = performance.now() - started;
    const { rows } = await sql<{ bytes: number; rows: number }>`
      select pg_total_relation_size('samples')::float8 as bytes, count(*)::float8 as rows
        from samples`.execute(database.db);
    const [size] = rows;
    return {
      nodes: clusters * NODES_OF_CLUSTER,
      cores: (user + system) / 1_000_000 / SECONDS,
      mebibytes: (process.memoryUsage().rss - idle) / 2 ** 20,
      metricsMilliseconds,
      historyBytesPerDay: ((size?.bytes ?? 0) / Math.max(1, size?.rows ?? 1)) * ROUNDS_OF_DAY,
    };
  } finally {
    await observer.stop();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function playedSessions() {
  return {
    open({ node }: { node: { name: string } }, handlers: NodeSessionHandlers) {
      const ordinal = Number(node.name.split('-').at(-1));
      const line = JSON.stringify(facts(ordinal));
      const round = () => handlers.onFacts(nodeFactsSchema.parse(JSON.parse(line)));
      let timer: NodeJS.Timeout | null = null;
      // Nodes do not start their rounds at the same moment.
      const first = setTimeout(() => {
        round();
        timer = setInterval(round, ROUND_MILLISECONDS);
      }, Math.random() * ROUND_MILLISECONDS);
      return {
        call: async () => ({}),
        close() {
          clearTimeout(first);
          if (timer !== null) clearInterval(timer);
        },
      };
    },
    close() {},
  };
}

if (import.meta.main) {
  const cost = await measureObserver(Number(process.argv[2] ?? 1_000));
  console.log(JSON.stringify(cost, null, 2));
}
