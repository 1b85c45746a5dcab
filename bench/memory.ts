import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres } from '../test/support/postgres-server.ts';
import { ServerProcess } from '../test/support/server-process.ts';

/** After this long nothing of the start is under way any more. */
const REST_SECONDS = 5;

/**
 * Resident memory of a server that has nothing to do, in MiB: its second start, on a data directory
 * that exists, since a database is made only once.
 */
async function atRest(environment: Record<string, string>): Promise<number> {
  const server = await ServerProcess.start(environment);
  try {
    await server.kill();
    await server.run();
    await sleep(REST_SECONDS * 1000);
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  } finally {
    await server.destroy();
  }
}

export interface Memory {
  pglite: number[];
  postgres: number[];
}

/** @returns null where the system has no /proc to read it from */
export async function measureMemory(runs: number): Promise<Memory | null> {
  if (process.platform !== 'linux') return null;
  const memory: Memory = { pglite: [], postgres: [] };
  const postgres = await startPostgres();
  try {
    for (let round = 0; round < runs; round++) {
      memory.pglite.push(await atRest({}));
      memory.postgres.push(await atRest({ DATABASE_URL: postgres.url }));
    }
  } finally {
    await postgres.stop();
  }
  return memory;
}
