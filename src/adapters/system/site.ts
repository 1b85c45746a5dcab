import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SITE_PATTERN = /^[0-9a-f]{6}$/;

/**
 * The data directory's own id, made at the first start: it is in the names of the nodes that are made
 * on this machine, so that two data directories never touch each other's.
 */
export function readSite(dataDirectory: string): string {
  const path = join(dataDirectory, 'site');
  try {
    const site = readFileSync(path, 'utf8').trim();
    if (SITE_PATTERN.test(site)) return site;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const site = randomBytes(3).toString('hex');
  writeFileSync(path, `${site}\n`, { mode: 0o600 });
  return site;
}
