import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** A provider's name or settings. Outside its directory, code uses the port of targets. */
const PROVIDER = /spec\.aws|'aws'|'local'|core\/aws/;

const TARGETS = /^src\/(targets|composition)\//;

/** A parameter that Patroni reads from the file of its node has the scope `local`. */
const OTHER_MEANINGS = new Set(['src/core/postgres/patroni-parameters.ts']);

function namesProvider(source: string): string[] {
  return source.split('\n').filter((line) => PROVIDER.test(line));
}

it.each([
  "if (cluster.spec.target === 'local') return null;",
  'const region = spec.aws?.region;',
  "import { region } from '../core/aws/region.ts';",
])('finds a planted name: %s', (line) => {
  expect(namesProvider(`const a = 1;\n${line}\n`)).toEqual([line]);
});

it('finds no provider outside src/targets and src/composition', () => {
  const files = globSync('src/**/*.ts').filter(
    (file) => !TARGETS.test(file) && !file.endsWith('.test.ts') && !OTHER_MEANINGS.has(file),
  );
  expect(files.length).toBeGreaterThan(200);
  const found = files.flatMap((file) =>
    namesProvider(readFileSync(file, 'utf8')).map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});
