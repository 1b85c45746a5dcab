import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const REPOSITORY = join(import.meta.dirname, '..');

/** Files of the repository that differ from what would be generated now. */
export async function staleFiles(files: ReadonlyMap<string, string>): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of files) {
    const found = await readFile(join(REPOSITORY, path), 'utf8').catch(() => null);
    if (found !== text) stale.push(path);
  }
  return stale;
}

/**
 * The command line of a generator: writes its files, or with `--check` exits 1 naming those that
 * differ.
 * @param script path of the generator, for the message
 */
export async function keepFiles(script: string, files: ReadonlyMap<string, string>): Promise<void> {
  const stale = await staleFiles(files);
  if (!process.argv.includes('--check')) {
    for (const path of stale) {
      await mkdir(dirname(join(REPOSITORY, path)), { recursive: true });
      await writeFile(join(REPOSITORY, path), files.get(path) ?? '');
      console.log(`wrote ${path}`);
    }
    return;
  }
  if (stale.length === 0) return;
  console.error(`Not up to date: ${stale.join(', ')}. Run: node ${relative(REPOSITORY, script)}`);
  process.exitCode = 1;
}
