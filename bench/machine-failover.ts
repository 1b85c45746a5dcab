import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Connection } from '../src/core/cluster/connection.ts';
import { ClusterHarness } from '../test/support/cluster-harness.ts';
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
const CONNECT_MILLISECONDS = 3_000;
const PAUSE_MILLISECONDS = 20;

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
  const writers = Array.from({ length: count }, (_, number) => new Writer(connection, number));
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

/** Writes row after row as an application does: the hosts of the connection string, in its order. */
class Writer {
  readonly acknowledged: { number: number; at: number }[] = [];
  readonly #connection: Connection;
  readonly #writer: number;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(connection: Connection, writer: number) {
    this.#connection = connection;
    this.#writer = writer;
  }

  async createTable(): Promise<void> {
    const client = await this.#connect();
    await client.query('drop table if exists bench; create table bench (writer int, number int)');
    await client.end();
  }

  start(): void {
    this.#running = this.#run();
  }

  /** @returns the number of acknowledged rows that the current primary does not have */
  async stop(): Promise<number> {
    this.#isStopped = true;
    await this.#running;
    const client = await this.#connect();
    const query = 'select number from bench where writer = $1';
    const { rows } = await client.query<{ number: number }>(query, [this.#writer]);
    await client.end();
    const present = new Set(rows.map(({ number }) => number));
    return this.acknowledged.filter(({ number }) => !present.has(number)).length;
  }

  async #run(): Promise<void> {
    let client: pg.Client | null = null;
    for (let number = 0; !this.#isStopped; ) {
      try {
        client ??= await this.#connect();
        await client.query('insert into bench values ($1, $2)', [this.#writer, number]);
        this.acknowledged.push({ number, at: Date.now() });
        number++;
      } catch {
        client?.end().catch(() => {});
        client = null;
      }
      await sleep(PAUSE_MILLISECONDS);
    }
    await client?.end().catch(() => {});
  }

  /** The first host that accepts writes. */
  async #connect(): Promise<pg.Client> {
    const { nodes, user, password, database, ca_certificate: ca } = this.#connection;
    for (;;) {
      for (const { name, host, port } of nodes) {
        const client = new pg.Client({
          ...{ host, port, user, password, database },
          connectionTimeoutMillis: CONNECT_MILLISECONDS,
          query_timeout: CONNECT_MILLISECONDS,
          ssl: { ca, servername: name },
        });
        client.on('error', () => {});
        try {
          await client.connect();
          const { rows } = await client.query('select pg_is_in_recovery() as is_replica');
          if (!rows[0]?.is_replica) return client;
        } catch {
          // The next host.
        }
        client.end().catch(() => {});
      }
      await sleep(PAUSE_MILLISECONDS);
    }
  }
}
