import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

type Age = 'new' | 'old';

/** A hidden name beside `path`, e.g. `.ansible.new.5f3a9c`. */
export function besideName(path: string, age: Age): string {
  return join(dirname(path), `.${basename(path)}.${age}.${randomBytes(6).toString('hex')}`);
}

/**
 * Clears what a crash left beside the folder. A crash between moving the old folder away and moving
 * the new one in leaves no folder at all: the old one is put back.
 */
export async function recoverFolder(root: string, folder: string): Promise<void> {
  const names = await readdir(root);
  const left = (age: Age) => names.filter((name) => name.startsWith(`.${folder}.${age}.`));
  const [old] = left('old');
  if (old && !names.includes(folder)) await rename(join(root, old), join(root, folder));
  for (const name of [...left('new'), ...left('old')]) {
    await rm(join(root, name), { recursive: true, force: true });
  }
}
