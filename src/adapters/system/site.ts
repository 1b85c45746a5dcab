import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SITE_PATTERN = /^[0-9a-f]{6}$/;

/**
 * Returns the id of the data directory, which is created at the first start. The names of the nodes
 * contain this id. So two data directories on one machine never change each other's nodes.
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
