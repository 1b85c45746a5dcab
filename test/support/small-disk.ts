import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEBIBYTE = 2 ** 20;

/** A file system in memory that can be filled. Mounting it needs root. */
export class SmallDisk {
  readonly folder: string;

  /** @param sizeMebibytes of the whole file system */
  constructor(sizeMebibytes: number) {
    this.folder = mkdtempSync(join(tmpdir(), 'hathi-disk-'));
    const options = ['-t', 'tmpfs', '-o', `size=${sizeMebibytes}m`, 'tmpfs', this.folder];
    execFileSync('mount', options);
  }

  get filler(): string {
    return join(this.folder, 'filler');
  }

  /** Writes until not one byte is left, or until so many MiB are left. */
  fill(leaveMebibytes = 0): void {
    const file = openSync(this.filler, 'a');
    try {
      for (let left = this.#freeMebibytes(); left > leaveMebibytes + 1; left -= 1) {
        writeSync(file, Buffer.alloc(MEBIBYTE));
      }
      for (const size of leaveMebibytes > 0 ? [] : [MEBIBYTE, 1]) {
        const bytes = Buffer.alloc(size);
        try {
          while (writeSync(file, bytes) === size);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    } finally {
      closeSync(file);
    }
  }

  #freeMebibytes(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return (bavail * bsize) / MEBIBYTE;
  }

  free(): void {
    rmSync(this.filler, { force: true });
  }

  /** Also where a process still has a file open there. */
  remove(): void {
    execFileSync('umount', ['--lazy', this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
