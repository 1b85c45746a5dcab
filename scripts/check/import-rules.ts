/**
 * Holds the modules of src, web and clients to the import rules of .dependency-cruiser.js.
 *
 * A tool that cannot parse TypeScript sees no module and finds no fault, so looking at none is a
 * failure of its own here.
 *
 *   node scripts/check/import-rules.ts [TREE]
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const ROOMS = ['src', 'web', 'clients'];
const OUTPUT_LIMIT_BYTES = 256 * 1024 * 1024;

export type ImportCheck = {
  /** TypeScript modules of the tree that were parsed; packages and JSON do not count. */
  moduleCount: number;
  /** One line a violation: `rule: from → to`, with the whole circle for a circular one. */
  violations: string[];
};

type Cruise = {
  modules: { source: string; coreModule?: boolean; followable?: boolean }[];
  summary: {
    violations: {
      from: string;
      to: string;
      rule: { name: string };
      cycle?: { name: string }[];
    }[];
  };
};

/**
 * @param root the tree that holds src, and web and clients where there are such
 * @throws Error when the tool itself fails or prints no JSON
 */
export async function checkImports(root: string): Promise<ImportCheck> {
  const rooms = ROOMS.filter((room) => existsSync(join(root, room)));
  if (rooms.length === 0) return { moduleCount: 0, violations: [] };
  const cruise = JSON.parse(await runCruiser(root, rooms)) as Cruise;
  const own = new RegExp(`^(${ROOMS.join('|')})/(?!.*node_modules/).*\\.tsx?$`);
  return {
    moduleCount: cruise.modules.filter(({ source }) => own.test(source)).length,
    violations: cruise.summary.violations.map(({ rule, from, to, cycle }) =>
      cycle && cycle.length > 0
        ? `${rule.name}: ${[from, ...cycle.map(({ name }) => name)].join(' → ')}`
        : `${rule.name}: ${from} → ${to}`,
    ),
  };
}

function runCruiser(root: string, rooms: string[]): Promise<string> {
  const program = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(repository, '.dependency-cruiser.js');
  const args = [program, '--config', config, '--output-type', 'json', ...rooms];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { cwd: root, maxBuffer: OUTPUT_LIMIT_BYTES },
      (error, stdout, stderr) => {
        // The exit code is the number of violations, so only missing output is a failure.
        if (stdout.trim().startsWith('{')) resolve(stdout);
        else reject(new Error(`dependency-cruiser printed no result: ${stderr || error?.message}`));
      },
    );
  });
}

if (import.meta.main) {
  const { moduleCount, violations } = await checkImports(process.argv[2] ?? repository);
  for (const violation of violations) console.error(violation);
  if (moduleCount === 0) console.error('import rules: no module was looked at, so nothing holds');
  if (moduleCount === 0 || violations.length > 0) process.exitCode = 1;
  else console.log(`import rules: ${moduleCount} modules, no violation`);
}
