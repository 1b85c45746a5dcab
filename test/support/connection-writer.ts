import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Connection } from '../../src/core/cluster/connection.ts';

const CONNECT_MILLISECONDS = 3_000;
const PAUSE_MILLISECONDS = 20;

/** Writes row after row as an application does: the hosts of the connection string, in its order. */
export class ConnectionWriter {
  readonly acknowledged: { number: number; at: number }[] = [];
  #connection: Connection;
  readonly #writer: number;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(connection: Connection, writer: number) {
    this.#connection = connection;
    this.#writer = writer;
  }

  async createTable(): Promise<void> {
    const client = await this.#connect();
    await client.query(
      'drop table if exists bench; create table writer_rows (writer int, number int)',
    );
    await client.end();
  }

  /** The hosts of the next connection, e.g. after nodes were added. */
  use(connection: Connection): void {
    this.#connection = connection;
  }

  /** Longest time between two acknowledged rows, in seconds. */
  get longestGapSeconds(): number {
    const times = this.acknowledged.map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
    return Math.max(0, ...gaps) / 1_000;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** @returns the number of acknowledged rows that the current primary does not have */
  async stop(): Promise<number> {
    this.#isStopped = true;
    await this.#running;
    const client = await this.#connect();
    const query = 'select number from writer_rows where writer = $1';
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
        await client.query('insert into writer_rows values ($1, $2)', [this.#writer, number]);
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
