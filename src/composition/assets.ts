import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder with `terraform/`, `ansible/` and `images/`. */
export const ASSETS_ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

export function packageVersion(): string {
  const text = readFileSync(join(ASSETS_ROOT, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
