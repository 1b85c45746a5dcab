import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HathiError } from '../../core/errors.ts';

/** Held for the life of the server. Keep the reference: a collected handle drops the lock. */
export interface DataDirectoryLock {
  release(): void;
}

/**
 * An exclusive transaction on a file of its own: the operating system releases it when the process
 * dies, however it dies, and children that outlive it do not inherit it.
 * @throws DATA_DIRECTORY_LOCKED with the holder's pid
 */
export function lockDataDirectory(dataDirectory: string): DataDirectoryLock {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const pidFile = join(dataDirectory, 'server.pid');
  const handle = new DatabaseSync(join(dataDirectory, 'lock.sqlite'), { timeout: 0 });
  try {
    handle.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    handle.close();
    const holder = readHolder(pidFile);
    throw new HathiError(
      'DATA_DIRECTORY_LOCKED',
      `${dataDirectory} is in use by another Hathi server${holder ? ` (pid ${holder})` : ''}. ` +
        'Stop that server, or give this one a directory of its own by HATHI_DATA_DIR.',
      { data_directory: dataDirectory, pid: holder },
      { cause },
    );
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return { release: () => handle.close() };
}

function readHolder(pidFile: string): number | null {
  try {
    return Number.parseInt(readFileSync(pidFile, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}
