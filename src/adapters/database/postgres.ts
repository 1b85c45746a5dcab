import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { HathiError } from '../../core/errors.ts';
import type { Wakeups } from '../../ports/event-stream.ts';
import type { Database } from './database.ts';
import { ThreadLeaseKeeper } from './lease-keeper.ts';
import type { Schema } from './schema.ts';

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MILLISECONDS = 10_000;
/** Delay before a lost LISTEN connection is replaced. Polling covers the gap. */
const RELISTEN_MILLISECONDS = 1_000;

/**
 * Opens an external PostgreSQL server by its URL.
 * @throws DATABASE_UNAVAILABLE
 */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    types: { getTypeParser },
    Client: PreparingClient,
  });
  pool.on('error', () => {}); // A broken idle connection is replaced at the next use.
  // All statements find their rows by an index, independent of the values. Without this setting,
  // PostgreSQL would plan the larger statements at each execution. A server without this setting
  // rejects the command, which does no harm.
  pool.on('connect', (client) => {
    // If a connection breaks between two statements of a transaction, the next statement fails.
    // Without a listener, the event would end the process.
    client.on('error', () => {});
    client.query('set plan_cache_mode = force_generic_plan').catch(() => {});
  });
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  let version: string;
  try {
    const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db);
    version = rows[0]?.server_version ?? '?';
  } catch (error) {
    await db.destroy();
    throw new HathiError(
      'DATABASE_UNAVAILABLE',
      `PostgreSQL at DATABASE_URL does not respond: ${(error as Error).message}`,
      {},
      { cause: error },
    );
  }
  const wakeups = new PostgresWakeups(url, db);
  const leases = new ThreadLeaseKeeper(url);
  return {
    db,
    wakeups,
    leases,
    description: `PostgreSQL ${version}`,
    close: async () => {
      await wakeups.close();
      await leases.close();
      await db.destroy();
    },
  };
}

/**
 * Maximum number of prepared statements per connection. Lists of values with many lengths would
 * otherwise create new statements without limit.
 */
const MOST_PREPARED = 300;
const preparedNames = new Map<string, string>();

/**
 * Prepares each statement with parameters. Kysely generates the same texts repeatedly, and planning
 * them takes longer than running them.
 */
class PreparingClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg's own signature has a dozen overloads
  override query(first: any, values?: any, ...rest: any[]): any {
    const repeats = typeof first === 'string' && Array.isArray(values) && values.length > 0;
    const name = repeats ? preparedName(first) : undefined;
    if (name === undefined) return super.query(first, values, ...(rest as []));
    return super.query({ name, text: first, values }, ...(rest as []));
  }
}

function preparedName(text: string): string | undefined {
  const known = preparedNames.get(text);
  if (known !== undefined || preparedNames.size >= MOST_PREPARED) return known;
  const name = `hathi_${preparedNames.size}`;
  preparedNames.set(text, name);
  return name;
}

/** pg returns int8 as text, because it may not fit a number. All values in this schema fit. */
function getTypeParser(oid: number, format?: string): (value: string) => unknown {
  if (oid === pg.types.builtins.INT8) return Number;
  return pg.types.getTypeParser(oid, format as 'text');
}

/** LISTEN on a separate connection, because the pool would pass a pooled one to other queries. */
class PostgresWakeups implements Wakeups {
  readonly #url: string;
  readonly #db: Kysely<Schema>;
  readonly #listeners = new Map<string, Set<() => void>>();
  #client: Promise<pg.Client> | null = null;
  #closed = false;

  constructor(url: string, db: Kysely<Schema>) {
    this.#url = url;
    this.#db = db;
  }

  async notify(channel: string): Promise<void> {
    await sql`select pg_notify('hathi', ${channel})`.execute(this.#db);
  }

  async subscribe(channel: string, listener: () => void): Promise<() => Promise<void>> {
    const set = this.#listeners.get(channel) ?? new Set();
    set.add(listener);
    this.#listeners.set(channel, set);
    await this.#connect();
    return async () => {
      set.delete(listener);
      if (set.size === 0) this.#listeners.delete(channel);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => null);
    await client?.end();
  }

  #connect(): Promise<pg.Client> {
    this.#client ??= this.#listen().catch((error) => {
      this.#client = null;
      throw error;
    });
    return this.#client;
  }

  async #listen(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.#url });
    client.on('notification', ({ payload }) => {
      for (const listener of this.#listeners.get(payload ?? '') ?? []) listener();
    });
    client.on('error', () => this.#reconnect());
    client.on('end', () => this.#reconnect());
    await client.connect();
    await client.query('listen hathi');
    return client;
  }

  #reconnect(): void {
    this.#client = null;
    if (this.#closed) return;
    setTimeout(() => {
      if (!this.#closed) this.#connect().catch(() => this.#reconnect());
    }, RELISTEN_MILLISECONDS).unref();
  }
}
