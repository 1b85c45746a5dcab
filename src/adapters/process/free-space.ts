import { statfsSync } from 'node:fs';
import { tooLittleSpace } from '../../core/disk-full.ts';

/** Returns the bytes that this user can still write on the file system of an existing path. */
export function freeBytesOf(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/**
 * @param purpose a verb and its object, e.g. `apply the plan`
 * @throws DISK_FULL with the path, the bytes that are free and the bytes that are needed
 */
export function requireSpace(path: string, neededBytes: number, purpose: string): void {
  const free = freeBytesOf(path);
  if (free < neededBytes) throw tooLittleSpace(path, free, neededBytes, purpose);
}
