/**
 * Compares node_modules with package-lock.json, version by version, and exits 1 with a line for
 * each difference. It also checks that this process is the Node.js of the lock file.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

type LockedPackage = { version?: string; optional?: boolean; link?: boolean };

/** @returns one line a difference; empty if node_modules agrees with the lock file */
export function lockDifferences(root: string): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const differences: string[] = [];
  for (const [path, locked] of Object.entries(lock.packages)) {
    if (!path.includes('node_modules/') || locked.link || !locked.version) continue;
    const manifest = join(root, path, 'package.json');
    if (!existsSync(manifest)) {
      // Optional packages are for some platforms only.
      if (!locked.optional) differences.push(`${path} is missing`);
      continue;
    }
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    if (version !== locked.version) {
      differences.push(`${path} is ${version}, the lock file says ${locked.version}`);
    }
  }
  const node = lock.packages['node_modules/node']?.version;
  if (node !== undefined && process.versions.node !== node) {
    differences.push(`this Node is ${process.versions.node}, the lock file says ${node}`);
  }
  return differences;
}

if (import.meta.main) {
  const differences = lockDifferences(fileURLToPath(new URL('../..', import.meta.url)));
  for (const line of differences) console.error(`setup: ${line}`);
  if (differences.length > 0) process.exitCode = 1;
}
