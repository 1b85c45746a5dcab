import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cli, Ending } from '../cli.ts';
import { apiOf, type Connection } from '../client/api.ts';
import { CliError } from '../render/failure.ts';

export interface ConnectOptions {
  replica?: true | undefined;
  node?: string | undefined;
  print?: true | undefined;
}

/** Opens psql on the primary, on a replica or on a node. Any exit code of psql except 0 becomes `failed`. */
export async function connect(
  cli: Cli,
  name: string,
  psqlArguments: readonly string[],
  options: ConnectOptions,
): Ending {
  if (options.replica && options.node) {
    throw new CliError('usage', '--replica and --node exclude each other.', {
      hints: ['Use --node NAME for one node, or --replica for any replica.'],
    });
  }
  const connection = await apiOf(cli).call((client) => client.getConnection({ name }));
  const nodes = nodesFor(connection, options);
  if (options.print || cli.json) {
    const { libpq } = connection.strings;
    const uri = options.node
      ? (nodes[0]?.uri ?? '')
      : options.replica
        ? libpq.read_only
        : libpq.read_write;
    cli.printResult({ ...connection, nodes, uri }, () => uri);
    return 'done';
  }
  const folder = mkdtempSync(join(tmpdir(), 'hathi-connect-'));
  try {
    const certificate = join(folder, 'ca.crt');
    writeFileSync(certificate, connection.ca_certificate, { mode: 0o600 });
    // The observed roles may be outdated, so libpq tries every node.
    const tried = options.node ? nodes : connection.nodes;
    const environment = psqlEnvironment(connection, tried, certificate, options);
    const code = await psql(name, psqlArguments, {
      ...withoutLibpqVariables(cli.world.environment),
      ...environment,
    });
    return code === 0 ? 'done' : 'failed';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Per node, as in the connection strings of the API. */
const CONNECT_TIMEOUT_SECONDS = '3';

type Nodes = Connection['nodes'];

/** @throws CliError (notFound) where there is no such node */
function nodesFor({ cluster, nodes }: Connection, { replica, node }: ConnectOptions): Nodes {
  const fitting = node
    ? nodes.filter(({ name }) => name === node)
    : replica
      ? nodes.filter(({ role }) => role === 'replica')
      : nodes;
  if (fitting.length > 0) return fitting;
  const which = node ? `no node ${node} with PostgreSQL` : 'no replica';
  const names = nodes.map(({ name, role }) => `${name} (${role ?? '?'})`).join(', ');
  throw new CliError('notFound', `Cluster ${cluster} has ${which}.`, {
    hints: [`It has: ${names}`],
  });
}

/**
 * Everything but libpq's variables. One of the user's, e.g. `PGHOSTADDR` or `PGSERVICE`, would lead psql to
 * another server, or to this one with other options.
 */
function withoutLibpqVariables(environment: Cli['world']['environment']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('PG'),
    ),
  );
}

/** Variables of libpq, which tries the nodes until one has the requested role. */
function psqlEnvironment(
  { user, password, database }: Connection,
  nodes: Nodes,
  certificate: string,
  { replica, node }: ConnectOptions,
): Record<string, string> {
  return {
    PGHOST: nodes.map(({ host }) => host).join(','),
    PGPORT: nodes.map(({ port }) => String(port)).join(','),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: certificate,
    // Without it psql waits forever for a frozen node that precedes the primary.
    PGCONNECT_TIMEOUT: CONNECT_TIMEOUT_SECONDS,
    PGTARGETSESSIONATTRS: node ? 'any' : replica ? 'standby' : 'read-write',
  };
}

async function psql(
  cluster: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const child = spawn('psql', words, { env, stdio: 'inherit' });
  // Ctrl-C cancels a query of psql, and must not end this process.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CliError('failed', 'psql is not installed.', {
      hints: [
        'On Debian: apt-get install postgresql-client',
        'On macOS:  brew install libpq && brew link --force libpq',
        `Or use the URI in another client: hathi cluster connect ${cluster} --print`,
      ],
    });
  } finally {
    process.off('SIGINT', ignore);
  }
}
