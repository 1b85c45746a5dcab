import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { HathiError } from '../../core/errors.ts';
import * as operations from './migrations/0001-operations.ts';
import * as resources from './migrations/0002-resources.ts';
import * as targets from './migrations/0003-targets.ts';
import * as planRefusals from './migrations/0004-plan-refusals.ts';
import * as machineStarts from './migrations/0005-machine-starts.ts';
import * as appliedSpecs from './migrations/0006-applied-specs.ts';
import * as stagesAreData from './migrations/0007-stages-are-data.ts';
import * as nodesOfResources from './migrations/0008-nodes-of-resources.ts';
import * as observations from './migrations/0009-observations.ts';

/** Applied in this order. A migration that has shipped is never edited. */
const MIGRATIONS: Record<string, Migration> = {
  '0001-operations': operations,
  '0002-resources': resources,
  '0003-targets': targets,
  '0004-plan-refusals': planRefusals,
  '0005-machine-starts': machineStarts,
  '0006-applied-specs': appliedSpecs,
  '0007-stages-are-data': stagesAreData,
  '0008-nodes-of-resources': nodesOfResources,
  '0009-observations': observations,
};

/**
 * Brings the schema up to date, under the lock of the migrator.
 * @param last name of the last migration that runs; default: all migrations
 * @throws DATABASE_UNAVAILABLE when a migration fails; it was rolled back
 */
export async function migrate<Schema>(db: Kysely<Schema>, last?: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await (last === undefined
    ? migrator.migrateToLatest()
    : migrator.migrateTo(last));
  if (error) {
    throw new HathiError(
      'DATABASE_UNAVAILABLE',
      `The database schema could not be brought up to date: ${String(error)}`,
      {},
      { cause: error },
    );
  }
}
