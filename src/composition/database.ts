import type { Database } from '../adapters/database/database.ts';
import { openEmbedded } from '../adapters/database/embedded.ts';
import { openPostgres } from '../adapters/database/postgres.ts';
import type { Config } from '../config.ts';

export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDirectory'>,
): Promise<Database> {
  if (config.databaseUrl !== null) return await openPostgres(config.databaseUrl);
  return await openEmbedded(config.dataDirectory);
}
