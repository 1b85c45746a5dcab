import { createHash } from 'node:crypto';
import { copyFile, link, lstat, mkdir, open, readdir, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDiskFull } from '../../core/disk-full.ts';

/** Writes a new file and syncs it. The mode is independent of the umask. */
export async function putFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}

export function digestOf(content: string | Uint8Array): { bytes: number; sha256: string } {
  const bytes = Buffer.from(content as string);
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * Adds the entries of one folder to another. If both have an entry, the target folder keeps its
 * own. Files are linked and not copied, because a provider cache has hundreds of megabytes. The
 * source folder is removed right after, so no file stays shared.
 */
export async function carryOver(
  from: string,
  to: string,
  entries: readonly string[],
): Promise<void> {
  for (const entry of entries) {
    await mkdir(dirname(join(to, entry)), { recursive: true });
    await linkTree(join(from, entry), join(to, entry));
  }
}

async function linkTree(from: string, to: string): Promise<void> {
  const found = await lstat(from).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found?.isSymbolicLink()) await symlink(await readlink(from), to).catch(ignoreExisting);
  else if (found?.isFile()) await linkFile(from, to);
  else if (found?.isDirectory()) {
    await mkdir(to, { recursive: true, mode: found.mode & 0o777 });
    for (const name of await readdir(from)) await linkTree(join(from, name), join(to, name));
  }
}

async function linkFile(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return;
    // Some network and shared file systems have no hard links.
    if (isDiskFull(error)) throw error;
    await copyFile(from, to);
  });
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
