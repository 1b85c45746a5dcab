/**
 * Holds openapi.json to the style of redocly.yaml. The rules are Redocly's; its command line is left
 * out, since it is large and contacts its makers for updates.
 *
 *   node scripts/check/api-style.ts [FILE]
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lintFromString, loadConfig } from '@redocly/openapi-core';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param text the description, as JSON
 * @returns one line a fault: `rule: what is wrong (where)`; a warning is a fault like any other
 */
export async function styleFaults(text: string): Promise<string[]> {
  const config = await loadConfig({ configPath: join(repository, 'redocly.yaml') });
  const problems = await lintFromString({
    source: text,
    absoluteRef: join(repository, 'openapi.json'),
    config,
  });
  return problems.map(({ ruleId, message, location }) => {
    const where = location[0] && 'pointer' in location[0] ? location[0].pointer : '';
    return `${ruleId}: ${message} (${where})`;
  });
}

if (import.meta.main) {
  const file = resolve(process.argv[2] ?? join(repository, 'openapi.json'));
  const faults = await styleFaults(readFileSync(file, 'utf8'));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error(`api-style: ${faults.length} faults in the description of the API`);
    process.exitCode = 1;
  }
}
