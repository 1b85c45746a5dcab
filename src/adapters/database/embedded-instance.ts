import { PGlite, type Results } from '@electric-sql/pglite';
import type { PGlite as KyselyPglite } from 'kysely';
import { HathiError } from '../../core/errors.ts';
import { requireSpace } from '../process/free-space.ts';

/** OID of `int8`. PGlite returns a bigint if the value does not fit a number. */
const INT8_OID = 20;

const MEBIBYTE = 2 ** 20;
/**
 * Below this free space the database accepts no write. It is the size of three segments of the
 * write-ahead log. If the log cannot grow, PostgreSQL panics, and a panic ends the instance.
 */
const RESERVED_BYTES = 48 * MEBIBYTE;
/** A checkpoint after this much log limits the log to a few segments, which are then reused. */
const CHECKPOINT_BYTES = 48 * MEBIBYTE;
/** PGlite has no background process, so PostgreSQL never starts a checkpoint. */
const CHECKPOINT_MILLISECONDS = 30_000;

const READS = /^\s*(select|show)\b(?![\s\S]*\bfor\s+(no\s+key\s+)?(update|share)\b)/i;

type Query = KyselyPglite['query'];
type Transaction = Parameters<Parameters<KyselyPglite['transaction']>[0]>[0];

/**
 * PGlite that runs no statement after a panic. PostgreSQL is then in an undefined state, and the
 * next statement would block the thread for ever.
 */
class FailStopPglite extends PGlite {
  panic: Error | null = null;

  override async execProtocolRaw(
    ...parameters: Parameters<PGlite['execProtocolRaw']>
  ): ReturnType<PGlite['execProtocolRaw']> {
    if (this.panic) throw this.panic;
    try {
      return await super.execProtocolRaw(...parameters);
    } catch (error) {
      // SQL errors are returned as messages. An exception here is a WebAssembly trap.
      this.panic = error as Error;
      throw error;
    }
  }

  override async execProtocol(
    ...parameters: Parameters<PGlite['execProtocol']>
  ): ReturnType<PGlite['execProtocol']> {
    try {
      return await super.execProtocol(...parameters);
    } catch (error) {
      this.#look(error);
      throw error;
    }
  }

  override async execProtocolStream(
    ...parameters: Parameters<PGlite['execProtocolStream']>
  ): ReturnType<PGlite['execProtocolStream']> {
    try {
      return await super.execProtocolStream(...parameters);
    } catch (error) {
      this.#look(error);
      throw error;
    }
  }

  #look(error: unknown): void {
    const { severity } = error as { severity?: string };
    if (severity === 'PANIC' || severity === 'FATAL') this.panic ??= error as Error;
  }
}

/** Opens a database directory, without any safety check. */
export async function openPglite(folder: string): Promise<FailStopPglite> {
  const pglite = new FailStopPglite(folder, { parsers: { [INT8_OID]: Number } });
  await pglite.waitReady;
  return pglite;
}

/**
 * The embedded database as Kysely uses it. It rejects writes while the disk is nearly full, and
 * opens the database again after a panic.
 */
export class EmbeddedInstance implements KyselyPglite {
  readonly waitReady = Promise.resolve();
  readonly ready = true;
  closed = false;
  readonly #folder: string;
  #pglite: FailStopPglite;
  #opening: Promise<FailStopPglite> | null = null;
  readonly #checkpoints: NodeJS.Timeout;

  constructor(folder: string, pglite: FailStopPglite) {
    this.#folder = folder;
    this.#pglite = pglite;
    this.#checkpoints = setInterval(() => {
      this.#checkpoint().catch(() => {}); // Retried later. A broken instance fails the next query.
    }, CHECKPOINT_MILLISECONDS).unref();
  }

  /** @throws DISK_FULL, in addition to the errors of PostgreSQL */
  async query<T>(...[text, values, options]: Parameters<Query>): Promise<Results<T>> {
    const pglite = await this.#current();
    this.#requireSpaceFor(text);
    return await pglite.query<T>(text, values, options);
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    let begun = false;
    try {
      const pglite = await this.#current();
      return await pglite.transaction(async (transaction) => {
        begun = true;
        return await work({
          query: async (text, values, options) => {
            this.#requireSpaceFor(text);
            return await transaction.query(text, values, options);
          },
          rollback: () => transaction.rollback(),
        });
      });
    } catch (error) {
      if (begun) throw error;
      // Kysely waits for ever for a transaction that does not begin. So the first statement fails
      // instead.
      return await work({
        query: () => Promise.reject(error),
        rollback: async () => {},
      });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#checkpoints);
    this.closed = true;
    await this.#opening?.catch(() => {});
    if (!this.#pglite.panic && !this.#pglite.closed) await this.#pglite.close();
  }

  /** @throws DISK_FULL | DATABASE_UNAVAILABLE while it cannot be opened again */
  async #current(): Promise<FailStopPglite> {
    if (this.#pglite.panic === null) return this.#pglite;
    // The broken instance is left to the garbage collector. Closing it would run PostgreSQL's code.
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    this.#pglite = await this.#opening;
    return this.#pglite;
  }

  async #open(): Promise<FailStopPglite> {
    requireSpace(this.#folder, RESERVED_BYTES, 'open its database again');
    try {
      return await openPglite(this.#folder);
    } catch (error) {
      throw new HathiError(
        'DATABASE_UNAVAILABLE',
        `The embedded database in ${this.#folder} cannot be opened: ${(error as Error).message}`,
        { folder: this.#folder },
        { cause: error },
      );
    }
  }

  #requireSpaceFor(text: string): void {
    if (!READS.test(text)) requireSpace(this.#folder, RESERVED_BYTES, 'write to its database');
  }

  async #checkpoint(): Promise<void> {
    const { rows } = await this.query<{ bytes: string }>(
      'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::text as bytes from pg_control_checkpoint()',
    );
    if (Number(rows[0]?.bytes) > CHECKPOINT_BYTES) await this.query('checkpoint');
  }
}
