import { ClusterHarness } from '../test/support/cluster-harness.ts';
import { type AcceptedRow, LocalWriters } from '../test/support/local-writer.ts';
import { waitFor } from '../test/support/wait-for.ts';

/** Longest time in seconds without an acknowledged row after PostgreSQL was killed on the primary. */
export interface KilledPostgres {
  /** The guard wakes Patroni. */
  guarded: number[];
  /** Reference: the same cluster while the guard is stopped, so that Patroni's own loop finds it. */
  unguarded: number[];
}

/** Two loops of `balanced`, and the time of a start. */
const MOST_SECONDS = 60;
/** The writer pauses 20 ms between two rows; a restart takes longer than this. */
const SHORTEST_SECONDS = 0.2;
const ROWS_AFTER = 10;
const PID_FILE = '/var/lib/postgresql/17/main/postmaster.pid';
const GUARD = '$(systemctl show --property=MainPID --value hathi-guard)';

/** Kills PostgreSQL on the primary of a cluster of three nodes, alternately with and without the guard. */
export async function measureKilledPostgres(runs: number): Promise<KilledPostgres> {
  const harness = await ClusterHarness.withCluster({
    replicaCount: 2,
    failoverProfile: 'balanced',
  });
  const figures: KilledPostgres = { guarded: [], unguarded: [] };
  try {
    const { primary, nodes } = await harness.untilProven(MOST_SECONDS);
    if (primary === null) throw new Error('The cluster has no primary.');
    const names = nodes.map(({ node }) => node);
    const writers = await LocalWriters.start(harness, primary, names);
    await waitFor('rows', MOST_SECONDS, async () => (await writers.accepted(primary)).length > 0);
    for (let round = 0; round < runs; round++) {
      const order = round % 2 === 0 ? [true, false] : [false, true];
      for (const isGuarded of order) {
        const seconds = await killOnce(harness, writers, primary, isGuarded);
        figures[isGuarded ? 'guarded' : 'unguarded'].push(seconds);
        await harness.untilProven(MOST_SECONDS);
      }
    }
    await writers.stop();
  } finally {
    await harness.close();
  }
  return figures;
}

async function killOnce(
  harness: ClusterHarness,
  writers: LocalWriters,
  primary: string,
  isGuarded: boolean,
): Promise<number> {
  const signal = (name: string) => harness.shell(primary, `kill -${name} ${GUARD}`);
  if (!isGuarded) await signal('STOP');
  try {
    const killed = Number(
      await harness.shell(primary, `date +%s.%N; kill -KILL $(head -1 ${PID_FILE})`),
    );
    return await waitFor('rows after the kill', MOST_SECONDS, async () =>
      interruption(await writers.accepted(primary), killed),
    );
  } finally {
    if (!isGuarded) await signal('CONT');
  }
}

/**
 * The longest time between two acknowledged rows around the kill: a backend can acknowledge rows for
 * some milliseconds without its postmaster.
 * @returns seconds; null until the interruption is over
 */
function interruption(rows: readonly AcceptedRow[], killed: number): number | null {
  const first = rows.findIndex(({ after }) => after > killed);
  if (first < 1) return null;
  const around = rows.slice(first - 1);
  const gaps = around.slice(1).map(({ after }, index) => after - (around[index]?.after ?? after));
  const longest = Math.max(...gaps);
  const isOver = gaps.length - gaps.indexOf(longest) > ROWS_AFTER;
  return longest > SHORTEST_SECONDS && isOver ? longest : null;
}
