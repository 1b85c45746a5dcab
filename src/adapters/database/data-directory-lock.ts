import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { asDiskFull } from '../../core/disk-full.ts';
import { HathiError } from '../../core/errors.ts';

/**
 * Held for the life of the server. Keep the reference: garbage collection of the handle releases
 * the lock.
 */
export interface DataDirectoryLock {
  release(): void;
}

/**
 * Locks the data directory with an exclusive transaction on a separate SQLite file. The operating
 * system releases the lock whenever the process dies. Child processes do not inherit it.
 * @throws DATA_DIRECTORY_LOCKED with the holder's pid
 * @throws CONFIGURATION_INVALID for a directory that cannot be made or written | DISK_FULL
 */
export function lockDataDirectory(dataDirectory: string): DataDirectoryLock {
  const pidFile = join(dataDirectory, 'server.pid');
  const handle = openLockFile(dataDirectory);
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

function openLockFile(dataDirectory: string): DatabaseSync {
  try {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    // SQLite reports only that it could not open its file. The file is not opened here to find the
    // reason: closing it would release the lock of another server in this process.
    accessSync(dataDirectory, constants.W_OK | constants.X_OK);
    return new DatabaseSync(join(dataDirectory, 'lock.sqlite'), { timeout: 0 });
  } catch (cause) {
    const full = asDiskFull(cause);
    if (full) throw full;
    throw new HathiError(
      'CONFIGURATION_INVALID',
      `The data directory ${dataDirectory} cannot be used: ${(cause as Error).message}. Set HATHI_DATA_DIR to a directory that the user of the server can write.`,
      { data_directory: dataDirectory },
      { cause },
    );
  }
}

function readHolder(pidFile: string): number | null {
  try {
    return Number.parseInt(readFileSync(pidFile, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}
