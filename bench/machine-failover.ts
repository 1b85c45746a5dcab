import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterHarness } from '../test/support/cluster-harness.ts';
import { ConnectionWriter } from '../test/support/connection-writer.ts';
import { waitFor } from '../test/support/wait-for.ts';

/** Seconds from `docker kill` of the primary to the first acknowledged row, and rows that were lost. */
export interface KilledMachine {
  writers: number;
  /** The server observes the cluster and releases the lease. */
  released: number[];
  /** Reference: the same cluster while the server is stopped, so that Patroni waits for the lease. */
  plain: number[];
  /** Acknowledged rows that the new primary does not have, of all rounds. */
  lost: number;
  acknowledged: number;
}

const MOST_SECONDS = 120;
const SECONDS_BEFORE = 3;
const SECONDS_AFTER = 2;

/** Kills the container of the primary of a cluster of three nodes, alternately with and without the server. */
export async function measureKilledMachine(runs: number, writers: number): Promise<KilledMachine> {
  const harness = await ClusterHarness.withCluster({
    replicaCount: 2,
    failoverProfile: 'balanced',
  });
  const figures: KilledMachine = { writers, released: [], plain: [], lost: 0, acknowledged: 0 };
  try {
    await harness.untilProven(MOST_SECONDS);
    for (let round = 0; round < runs; round++) {
      const order = round % 2 === 0 ? [true, false] : [false, true];
      for (const isObserved of order) {
        const { seconds, lost, acknowledged } = await killOnce(harness, writers, isObserved);
        figures[isObserved ? 'released' : 'plain'].push(seconds);
        figures.lost += lost;
        figures.acknowledged += acknowledged;
      }
    }
  } finally {
    await harness.close();
  }
  return figures;
}

async function killOnce(harness: ClusterHarness, count: number, isObserved: boolean) {
  const connection = await waitFor('a healthy cluster', MOST_SECONDS, async () => {
    const { status } = await harness.cluster();
    if (status !== 'healthy') throw new Error(status);
    return await harness.connection();
  });
  const primary = connection.nodes[0]?.name ?? '';
  const container = harness.container(primary);
  const writers = Array.from(
    { length: count },
    (_, number) => new ConnectionWriter(connection, number),
  );
  await writers[0]?.createTable();
  for (const writer of writers) writer.start();
  await sleep(SECONDS_BEFORE * 1_000);
  if (!isObserved) process.kill(harness.serverPid, 'SIGSTOP');
  try {
    const killed = Date.now();
    await harness.docker('kill', container);
    // A row that was acknowledged before the signal arrived is no row after it.
    const dead = Date.now();
    const first = await waitFor('a row after the kill', MOST_SECONDS, async () => {
      const rows = writers.flatMap((writer) => writer.acknowledged.filter(({ at }) => at > dead));
      return rows.length === 0 ? null : Math.min(...rows.map(({ at }) => at));
    });
    await sleep(SECONDS_AFTER * 1_000);
    const lost = await Promise.all(writers.map((writer) => writer.stop()));
    return {
      seconds: (first - killed) / 1_000,
      lost: lost.reduce((sum, one) => sum + one, 0),
      acknowledged: writers.reduce((sum, one) => sum + one.acknowledged.length, 0),
    };
  } finally {
    if (!isObserved) process.kill(harness.serverPid, 'SIGCONT');
    await harness.docker('start', container);
  }
}
