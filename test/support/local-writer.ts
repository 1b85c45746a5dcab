import type { ClusterHarness } from './cluster-harness.ts';

const FOLDER = '/var/tmp/hathi-drill';

/**
 * Writes row after row over the node's own socket, as a client beside the database would, and notes
 * the moment before each statement and the moment after its commit. A node that refuses is tried
 * again; the Python and the driver are those that Patroni needs anyway.
 */
const PROGRAM = `
import os, sys, time, psycopg2
node, stop, log = sys.argv[1], sys.argv[2], open(sys.argv[3], 'a', buffering=1)
connection = None
number = 0
while not os.path.exists(stop):
    try:
        if connection is None:
            connection = psycopg2.connect('dbname=postgres connect_timeout=2')
            connection.autocommit = True
        before = time.time()
        with connection.cursor() as cursor:
            cursor.execute('insert into drill (node, number) values (%s, %s)', (node, number))
        log.write('%d %.3f %.3f\\n' % (number, before, time.time()))
        number += 1
        time.sleep(0.02)
    except psycopg2.Error:
        try:
            connection and connection.close()
        except psycopg2.Error:
            pass
        connection = None
        time.sleep(0.1)
`;

/** One acknowledged row: seconds since 1970 before it was sent and after its commit. */
export interface AcceptedRow {
  number: number;
  before: number;
  after: number;
}

/** A writer on each of some nodes; those of replicas are refused until one is promoted. */
export class LocalWriters {
  readonly #harness: ClusterHarness;
  readonly #nodes: readonly string[];

  private constructor(harness: ClusterHarness, nodes: readonly string[]) {
    this.#harness = harness;
    this.#nodes = nodes;
  }

  /** @param primary node on which the table is created again */
  static async start(
    harness: ClusterHarness,
    primary: string,
    nodes: readonly string[],
  ): Promise<LocalWriters> {
    const columns = 'node text, number int, primary key (node, number)';
    await harness.sql(primary, `drop table if exists drill; create table drill (${columns})`);
    await Promise.all(
      nodes.map((node) =>
        harness.shell(
          node,
          `rm -rf ${FOLDER}; runuser -u postgres -- mkdir ${FOLDER}; cat > ${FOLDER}/write.py
           setsid runuser -u postgres -- python3 ${FOLDER}/write.py ${node} ${FOLDER}/stop ${FOLDER}/rows >${FOLDER}/output 2>&1 </dev/null &`,
          PROGRAM,
        ),
      ),
    );
    return new LocalWriters(harness, nodes);
  }

  /** Rows that the node acknowledged to its writer, in order. */
  async accepted(node: string): Promise<AcceptedRow[]> {
    const text = await this.#harness.shell(node, `cat ${FOLDER}/rows 2>/dev/null || true`);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [number = 0, before = 0, after = 0] = line.split(' ').map(Number);
        return { number, before, after };
      });
  }

  /** Ends the writers on those nodes that run. */
  async stop(): Promise<void> {
    await Promise.allSettled(
      this.#nodes.map((node) => this.#harness.shell(node, `touch ${FOLDER}/stop`)),
    );
  }
}
