import { checkServerIdentity } from 'node:tls';
import pg from 'pg';
import type { ClusterNode } from '../../core/cluster/topology.ts';
import type { ProbeCredentials } from '../../ports/probe.ts';
import { ProcessStream } from '../process/process-stream.ts';

/** A node that has not accepted a connection within this time counts as unreachable. */
const CONNECT_TIMEOUT_MILLISECONDS = 3_000;

/** A connection through ssh needs one or two more handshakes, possibly over a distant bastion. */
const SSH_CONNECT_TIMEOUT_MILLISECONDS = 15_000;

/** All queries here take milliseconds. A node that hangs must not block the caller. */
const QUERY_TIMEOUT_MILLISECONDS = 4_000;

/** CREATE DATABASE copies a database, which takes some time on a busy disk. */
const STATEMENT_TIMEOUT_MILLISECONDS = 3_500;

/**
 * Settings that the statements here depend on. A value from the client overrides the configuration,
 * ALTER DATABASE and ALTER ROLE. The list contains only settings that every supported version has:
 * PostgreSQL rejects a login with an unknown setting.
 */
const SESSION_SETTINGS = {
  client_encoding: 'UTF8',
  datestyle: 'ISO, MDY',
  default_tablespace: '',
  default_transaction_deferrable: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  extra_float_digits: '1',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  intervalstyle: 'postgres',
  lock_timeout: '0',
  row_security: 'on',
  search_path: 'public, pg_catalog',
  session_replication_role: 'origin',
  standard_conforming_strings: 'on',
  statement_timeout: String(STATEMENT_TIMEOUT_MILLISECONDS),
  stats_fetch_consistency: 'cache',
  temp_tablespaces: '',
  timezone: 'UTC',
};

/** Options of the session start. Blanks and backslashes are escaped, as for `postgres -c`. */
const SESSION_OPTIONS = Object.entries(SESSION_SETTINGS)
  .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
  .join(' ');

/**
 * One connection to one database of one node. It is opened at the first query, and again after it
 * broke. TLS is verified against the CA of the cluster and the name of the node. So a port that
 * leads to another node is detected.
 */
export class NodeConnection {
  readonly #config: pg.ClientConfig;
  #client: Promise<pg.Client> | null = null;

  /** @param env environment of the ssh that leads to the node, if there is one */
  constructor(
    node: ClusterNode,
    credentials: ProbeCredentials,
    database: string,
    env: Record<string, string>,
  ) {
    const { sshConfig } = credentials;
    const address = `[${node.address}]:${node.postgres_port}`;
    this.#config = {
      host: node.postgres_host ?? '',
      port: node.postgres_port ?? 0,
      user: 'postgres',
      password: credentials.password,
      database,
      application_name: 'hathi-probe',
      ...(sshConfig === null
        ? { connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS }
        : {
            connectionTimeoutMillis: SSH_CONNECT_TIMEOUT_MILLISECONDS,
            stream: () =>
              new ProcessStream(['ssh', '-F', sshConfig, '-W', address, node.name], env),
          }),
      query_timeout: QUERY_TIMEOUT_MILLISECONDS,
      options: SESSION_OPTIONS,
      ssl: {
        ca: credentials.caCertificate,
        servername: node.name,
        checkServerIdentity: (_host, certificate) => checkServerIdentity(node.name, certificate),
      },
    };
  }

  /** @throws the errors of `pg`: an SQL error or a network error */
  async query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    const client = await this.#connected();
    try {
      // Without values, uses the simple protocol: one round trip instead of several.
      const result =
        values.length === 0
          ? await client.query<Row>(text)
          : await client.query<Row>(text, [...values]);
      return result.rows;
    } catch (error) {
      if (!isSqlError(error)) await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const pending = this.#client;
    this.#client = null;
    const client = await pending?.catch(() => null);
    if (!client) return;
    // A peer that disappeared never responds to the termination message.
    const destroy = setTimeout(() => streamOf(client)?.destroy(), 200);
    await client.end().catch(() => {});
    clearTimeout(destroy);
  }

  #connected(): Promise<pg.Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    client.on('error', () => {
      this.#client = null; // The next query opens a new connection, or reports why it cannot.
    });
    try {
      await client.connect();
      return client;
    } catch (error) {
      this.#client = null;
      streamOf(client)?.destroy();
      throw error;
    }
  }
}

function streamOf(client: pg.Client): { destroy(): void } | undefined {
  return (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection
    ?.stream;
}

/** Returns whether PostgreSQL returned this error, so that the connection is still usable. */
export function isSqlError(error: unknown, ...codes: string[]): boolean {
  const code = error instanceof pg.DatabaseError ? error.code : undefined;
  if (code === undefined || code.startsWith('57P')) return false;
  return codes.length === 0 || codes.includes(code);
}

const NETWORK_REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens for PostgreSQL there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the connection timed out',
};

/**
 * Returns a part of a sentence for the user, e.g. `nothing listens for PostgreSQL there`. It never
 * contains a secret.
 */
export function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && NETWORK_REASONS[code]) return NETWORK_REASONS[code];
  const message = error instanceof Error && error.message ? error.message : String(error);
  if (/timeout expired|read timeout/i.test(message)) return 'no response in time';
  if (/terminated unexpectedly|Connection terminated/i.test(message)) {
    return 'the connection was closed before a response arrived';
  }
  return message;
}
