import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Connection } from '../../src/core/cluster/connection.ts';
import { ClusterHarness, CONNECTION_PATH } from '../support/cluster-harness.ts';
import { waitFor } from '../support/wait-for.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const drivers = join(import.meta.dirname, 'drivers');
const python = join(root, '.tools/clients-venv/bin/python');
/** The ttl of 20 s, an election, and room for a slow machine. */
const ELECTION_SECONDS = 90;
/** A client must not hang on a frozen node. */
const QUERY_TIMEOUT_MS = 60_000;

let harness: ClusterHarness;
let connection: Connection;

beforeAll(async () => {
  harness = await ClusterHarness.withCluster({ replicaCount: 2, failoverProfile: 'fast' });
  connection = await harness.connection();
});
afterAll(async () => await harness?.close());

type Mode = 'read_write' | 'read_only';

/** Runs a query with each driver; `t` is a replica, `f` the primary. */
const QUERIES: Record<string, (mode: Mode) => [string, string[]]> = {
  libpq: (mode) => [
    'psql',
    [connection.strings.libpq[mode], '-XAtc', 'SELECT pg_is_in_recovery()'],
  ],
  jdbc: (mode) => {
    const [driver = ''] = globSync(join(root, '.tools/clients-java/postgresql-*.jar'));
    return ['java', ['-cp', driver, join(drivers, 'Query.java'), connection.strings.jdbc[mode]]];
  },
  sqlalchemy: (mode) => [python, [join(drivers, 'query.py'), connection.strings.sqlalchemy[mode]]],
  'node-postgres': (mode) => [
    process.execPath,
    [
      join(drivers, 'query.ts'),
      `${harness.url}${CONNECTION_PATH}`,
      mode === 'read_write' ? 'primary' : 'replica',
    ],
  ],
};

async function recovery(driver: string, mode: Mode): Promise<string> {
  const [program, args] = QUERIES[driver]?.(mode) ?? ['', []];
  const began = Date.now();
  try {
    const { stdout } = await run(program, args, { timeout: QUERY_TIMEOUT_MS });
    return stdout.trim();
  } catch (error) {
    // Without the arguments, which contain the password.
    const { stderr, signal, code } = error as { stderr: string; signal: string; code: number };
    const seconds = (Date.now() - began) / 1_000;
    const how = `${driver} (${mode}) ended with ${signal ?? code} after ${seconds} s`;
    throw new Error(`${how}: ${stderr.trim()}`, { cause: null });
  }
}

async function eachDriver(): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const driver of Object.keys(QUERIES)) {
    seen[driver] = `${await recovery(driver, 'read_write')} ${await recovery(driver, 'read_only')}`;
  }
  return seen;
}

const EXPECTED = { libpq: 'f t', jdbc: 'f t', sqlalchemy: 'f t', 'node-postgres': 'f t' };

it('lists the primary first, at addresses where a stopped PostgreSQL refuses', async () => {
  const { primary } = await harness.untilProven(ELECTION_SECONDS);
  expect(connection.nodes[0]).toMatchObject({ name: primary, role: 'primary' });
  for (const node of connection.nodes) {
    expect([node.host, node.port]).toEqual([node.private_host, node.private_port]);
  }
});

it('connects with each driver to the primary and to a replica', async () => {
  expect(await eachDriver()).toEqual(EXPECTED);
});

it('connects with the same strings while the old primary is frozen, after a failover', async () => {
  const old = connection.nodes[0]?.name ?? '';
  await run('docker', ['pause', harness.container(old)]);
  try {
    const others = connection.nodes.slice(1).map(({ name }) => name);
    await waitFor('a new primary', ELECTION_SECONDS, async () => {
      for (const node of others) {
        const inRecovery = await harness.sql(node, 'SELECT pg_is_in_recovery()');
        if (inRecovery.trim() === 'f') return node;
      }
      return null;
    });
    expect(await eachDriver()).toEqual(EXPECTED);
  } finally {
    await run('docker', ['unpause', harness.container(old)]);
  }
});
