import { HathiError } from './errors.ts';

/** Error codes of the operating system: no space, or the user's quota is used up. */
const SYSTEM_CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT'];
/** `disk_full` of PostgreSQL. @see PostgreSQL docs, "PostgreSQL Error Codes" */
const POSTGRES_CODE = '53100';
/** English messages of programs. */
const PRINTED = /no space left on device|disk quota exceeded/i;
const DEEPEST_CAUSE = 5;
const MEBIBYTE = 2 ** 20;

/** Whether an error, or one of its causes, is about a full disk. */
export function isDiskFull(error: unknown): boolean {
  let at: unknown = error;
  for (let depth = 0; depth < DEEPEST_CAUSE && at instanceof Error; depth++) {
    const { code } = at as { code?: unknown };
    if (SYSTEM_CODES.includes(code) || code === POSTGRES_CODE || code === 'DISK_FULL') return true;
    at = at.cause;
  }
  return false;
}

/** Whether a program printed that a disk is full. */
export function isDiskFullMessage(text: string): boolean {
  return PRINTED.test(text);
}

/** @returns DISK_FULL for an error of the system about a full disk, null for any other */
export function asDiskFull(error: unknown): HathiError | null {
  if (!isDiskFull(error)) return null;
  if (error instanceof HathiError) return error.code === 'DISK_FULL' ? error : null;
  const { message, path } = error as { message: string; path?: unknown };
  return new HathiError(
    'DISK_FULL',
    `No space is left on the disk: ${message}. Free some space, then try again.`,
    typeof path === 'string' ? { path } : {},
    { cause: error },
  );
}

/**
 * @param path of the file system
 * @param purpose as in "Hathi needs 64 MiB to `apply`"
 */
export function tooLittleSpace(
  path: string,
  freeBytes: number,
  neededBytes: number,
  purpose: string,
): HathiError {
  return new HathiError(
    'DISK_FULL',
    `The file system of ${path} has ${mebibytes(freeBytes)} free, and Hathi needs ${mebibytes(neededBytes)} to ${purpose}. Free some space, then try again.`,
    { path, free_bytes: freeBytes, needed_bytes: neededBytes },
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}
