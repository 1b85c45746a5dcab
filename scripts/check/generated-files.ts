/**
 * Runs each generator and compares what it writes with what is committed. The committed file is
 * put back whatever happens, so a check never changes the work tree.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The settings catalogue is left out: its generator starts four PostgreSQL servers. */
const GENERATED = [{ file: 'openapi.json', generator: 'scripts/openapi.ts', target: 'openapi' }];

let failed = false;
for (const { file, generator, target } of GENERATED) {
  if (!existsSync(join(repository, generator))) continue;
  const path = join(repository, file);
  const committed = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  try {
    execFileSync(process.execPath, [generator], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (committed === undefined || readFileSync(path, 'utf8') !== committed) {
      console.error(`${file} is not what ${generator} writes: run \`make ${target}\``);
      failed = true;
    }
  } catch (error) {
    console.error(`${generator} failed: ${error instanceof Error ? error.message : error}`);
    failed = true;
  } finally {
    if (committed !== undefined) writeFileSync(path, committed);
  }
}
if (failed) process.exitCode = 1;
