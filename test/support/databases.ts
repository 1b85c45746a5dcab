import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../src/adapters/database/database.ts';
import { openEmbedded } from '../../src/adapters/database/embedded.ts';
import { migrate } from '../../src/adapters/database/migrate.ts';
import { openPostgres } from '../../src/adapters/database/postgres.ts';
import { startPostgres } from './postgres-server.ts';

export const DATABASE_KINDS = ['embedded', 'postgres'] as const;

export interface TestDatabase {
  database: Database;
  /** Where other processes find it; null for the embedded one, which has one process. */
  url: string | null;
  /** Another handle on the same records; the embedded database has only the one. */
  reopen(): Promise<Database>;
  stop(): Promise<void>;
}

/** Both databases that Hathi runs on, for suites that must pass on each. */
export async function openTestDatabase(
  kind: (typeof DATABASE_KINDS)[number],
): Promise<TestDatabase> {
  if (kind === 'embedded') {
    const folder = await mkdtemp(join(tmpdir(), 'hathi-database-'));
    const database = await openEmbedded(folder);
    await migrate(database.db);
    return {
      database,
      url: null,
      reopen: async () => database,
      async stop() {
        await database.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  }
  const server = await startPostgres();
  const database = await openPostgres(server.url);
  await migrate(database.db);
  const more: Database[] = [];
  return {
    database,
    url: server.url,
    async reopen() {
      const other = await openPostgres(server.url);
      more.push(other);
      return other;
    },
    async stop() {
      for (const opened of [...more, database]) await opened.close();
      await server.stop();
    },
  };
}
