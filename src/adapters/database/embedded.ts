import { existsSync, mkdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kysely, PGliteDialect } from 'kysely';
import { asDiskFull } from '../../core/disk-full.ts';
import { HathiError } from '../../core/errors.ts';
import type { Wakeups } from '../../ports/event-stream.ts';
import { requireSpace } from '../process/free-space.ts';
import { runCommand } from '../process/run-command.ts';
import type { Database } from './database.ts';
import { EmbeddedInstance, openPglite } from './embedded-instance.ts';
import { soleWorkerLeases } from './lease-keeper.ts';
import type { Schema } from './schema.ts';

const FIRST_START_TIMEOUT_SECONDS = 120;
const MEBIBYTE = 2 ** 20;
/** A new database has 40 MiB. The rest is for its first writes. */
const FIRST_START_BYTES = 96 * MEBIBYTE;
/** PostgreSQL writes at every start, e.g. for the recovery after a killed server. */
const START_BYTES = 32 * MEBIBYTE;
const FIRST_START = fileURLToPath(
  new URL(`./embedded-first-start${extname(import.meta.filename)}`, import.meta.url),
);

/**
 * Opens PGlite in the data directory. The caller must hold the lock on that directory: two
 * processes on one PGlite lose rows without an error.
 * @throws DATABASE_UNAVAILABLE | DISK_FULL
 */
export async function openEmbedded(dataDirectory: string): Promise<Database> {
  const folder = join(dataDirectory, 'database');
  try {
    await startFirst(folder);
    requireSpace(folder, START_BYTES, 'open its database');
    const pglite = new EmbeddedInstance(folder, await openPglite(folder));
    return {
      db: new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) }),
      wakeups: new PgliteWakeups(),
      leases: soleWorkerLeases,
      description: `embedded PostgreSQL (PGlite) in ${folder}`,
      // Kysely's own destroy does not close a PGlite that no query has used.
      close: async () => {
        if (!pglite.closed) await pglite.close();
      },
    };
  } catch (error) {
    const full = asDiskFull(error);
    if (full) throw full;
    throw new HathiError(
      'DATABASE_UNAVAILABLE',
      `The embedded database in ${folder} does not open: ${(error as Error).message}`,
      { folder },
      { cause: error },
    );
  }
}

/**
 * The first start unpacks a complete PostgreSQL cluster. After it, the process uses more than twice
 * the memory of a later start. It therefore runs in a child process that exits. An interrupted
 * first start leaves no PG_VERSION and is repeated.
 */
async function startFirst(folder: string): Promise<void> {
  if (existsSync(join(folder, 'PG_VERSION'))) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  requireSpace(folder, FIRST_START_BYTES, 'create its database');
  const { exitCode, stderr } = await runCommand(process.execPath, [FIRST_START, folder], {
    timeoutSeconds: FIRST_START_TIMEOUT_SECONDS,
  });
  if (exitCode !== 0) throw new Error(`the first start failed: ${stderr.trim()}`);
}

/** Only one process uses the directory, so wake-ups do not need the database. */
class PgliteWakeups implements Wakeups {
  readonly #listeners = new Map<string, Set<() => void>>();

  async notify(channel: string): Promise<void> {
    for (const listener of this.#listeners.get(channel) ?? []) listener();
  }

  async subscribe(channel: string, listener: () => void): Promise<() => Promise<void>> {
    const set = this.#listeners.get(channel) ?? new Set();
    set.add(listener);
    this.#listeners.set(channel, set);
    return async () => {
      set.delete(listener);
      if (set.size === 0) this.#listeners.delete(channel);
    };
  }
}
