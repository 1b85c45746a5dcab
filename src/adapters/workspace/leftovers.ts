import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

type Age = 'new' | 'old';

/** Returns a hidden name in the folder of `path`, e.g. `.ansible.new.5f3a9c`. */
export function besideName(path: string, age: Age): string {
  return join(dirname(path), `.${basename(path)}.${age}.${randomBytes(6).toString('hex')}`);
}

/**
 * Removes the leftovers of a crash. A crash between the two renames leaves no folder under its
 * name. The old folder is then restored.
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
