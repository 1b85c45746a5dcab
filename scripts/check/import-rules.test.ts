import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkImports } from './import-rules.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hathi-import-rules-'));
  await plant({
    'package.json': '{ "type": "module", "dependencies": { "zod": "4", "pg": "8" } }',
  });
  for (const name of ['zod', 'pg']) {
    await plant({
      [`node_modules/${name}/package.json`]: `{ "name": "${name}", "version": "4.0.0", "type": "module", "exports": "./index.js" }`,
      [`node_modules/${name}/index.js`]: 'export const value = 1;\n',
    });
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function plant(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** Two modules, the first importing the second, and the violations that this makes. */
async function violationsOf(from: string, to: string): Promise<string[]> {
  const depth = from.split('/').length - 1;
  await plant({
    [to]: 'export const value = 1;\n',
    [from]: `import { value } from '${'../'.repeat(depth)}${to}';\nexport const other = value;\n`,
  });
  return (await checkImports(root)).violations;
}

describe('a planted violation is named', () => {
  it.each([
    ['core-is-pure', 'src/core/a.ts', 'src/ports/b.ts'],
    ['ports-know-core', 'src/ports/a.ts', 'src/services/b.ts'],
    ['shared-uses-ports', 'src/shared/a.ts', 'src/stages/b.ts'],
    ['stages-use-ports', 'src/stages/a.ts', 'src/adapters/terraform/b.ts'],
    ['services-use-ports', 'src/services/a.ts', 'src/http/b.ts'],
    ['services-use-ports', 'src/services/a.ts', 'src/adapters/database/b.ts'],
    ['engine-runs-stages', 'src/engine/a.ts', 'src/adapters/ansible/b.ts'],
    ['observer-uses-ports', 'src/observer/a.ts', 'src/services/b.ts'],
    ['http-asks-services', 'src/http/a.ts', 'src/stages/b.ts'],
    ['adapters-implement-ports', 'src/adapters/ssh/a.ts', 'src/services/b.ts'],
    ['adapters-stay-apart', 'src/adapters/ssh/a.ts', 'src/adapters/ansible/b.ts'],
    ['targets-implement-ports', 'src/targets/local/a.ts', 'src/services/b.ts'],
    ['targets-implement-ports', 'src/targets/local/a.ts', 'src/adapters/ssh/b.ts'],
    ['targets-stay-apart', 'src/targets/local/a.ts', 'src/targets/aws/b.ts'],
    ['targets-are-behind-their-port', 'src/http/a.ts', 'src/targets/aws/b.ts'],
    // The package has one entry point.
    ['cli-is-a-client', 'src/cli/commands/list.ts', 'clients/typescript/src/generated/b.ts'],
    ['cli-is-a-client', 'src/cli/commands/list.ts', 'src/services/b.ts'],
    ['main-is-the-end', 'src/cli/commands/list.ts', 'src/main.ts'],
    ['main-only-starts', 'src/main.ts', 'src/http/b.ts'],
    ['composition-is-the-top', 'src/services/a.ts', 'src/composition/b.ts'],
    ['config-at-the-edge', 'src/adapters/ssh/a.ts', 'src/config.ts'],
    ['config-stands-alone', 'src/config.ts', 'src/adapters/ssh/b.ts'],
    ['web-is-a-client', 'web/src/a.tsx', 'src/core/b.ts'],
    ['client-stands-alone', 'clients/typescript/a.ts', 'src/core/b.ts'],
    ['product-needs-no-test', 'src/services/a.ts', 'test/support/b.ts'],
  ])('%s: %s → %s', async (rule, from, to) => {
    expect(await violationsOf(from, to)).toContain(`${rule}: ${from} → ${to}`);
  });

  it('core-is-pure: a package, a module of Node', async () => {
    await plant({
      'src/core/a.ts': "import { value } from 'pg';\nexport const a = value;\n",
      'src/core/b.ts': "import { readFileSync } from 'node:fs';\nexport const b = readFileSync;\n",
    });
    const { violations } = await checkImports(root);
    expect(violations).toHaveLength(2);
    expect(violations[0]).toMatch(/^core-is-pure: src\/core\/a\.ts → .*pg/);
    expect(violations[1]).toMatch(/^core-is-pure: src\/core\/b\.ts → .*fs/);
  });

  it('spawn-in-one-place', async () => {
    const spawning = "import { spawn } from 'node:child_process';\nexport const a = spawn;\n";
    await plant({
      'src/adapters/process/run-command.ts': spawning,
      'src/cli/commands/connect.ts': spawning,
      'src/cli/commands/open.ts': spawning,
      'src/adapters/ansible/nodes.ts': spawning,
    });
    const { violations } = await checkImports(root);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatch(/^spawn-in-one-place: src\/adapters\/ansible\/nodes\.ts → /);
  });

  it('a type-only and a dynamic import', async () => {
    await plant({
      'src/services/s.ts': 'export type S = string;\nexport const s = 1;\n',
      'src/core/types.ts': "import type { S } from '../services/s.ts';\nexport type T = S;\n",
      'src/core/lazy.ts': "export const lazy = () => import('../services/s.ts');\n",
    });
    expect((await checkImports(root)).violations.toSorted()).toEqual([
      'core-is-pure: src/core/lazy.ts → src/services/s.ts',
      'core-is-pure: src/core/types.ts → src/services/s.ts',
    ]);
  });

  it('no-circular', async () => {
    await plant({
      'src/core/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
      'src/core/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n",
    });
    expect((await checkImports(root)).violations.join()).toContain('no-circular');
  });
});

it('lets through what the rules allow', async () => {
  const imports = (...paths: string[]) =>
    `${paths.map((path, index) => `import { value as v${index} } from '${path}';`).join('\n')}\nexport const value = 1;\n`;
  await plant({
    'src/core/a.ts': imports('zod'),
    'src/core/a.test.ts': imports('./a.ts', '../adapters/ssh/a.ts', 'node:fs', 'pg'),
    'src/ports/a.ts': imports('../core/a.ts'),
    'src/shared/a.ts': imports('../ports/a.ts', '../core/a.ts'),
    'src/stages/a.ts': imports('../shared/a.ts', '../ports/a.ts', '../core/a.ts', 'zod'),
    'src/services/a.ts': imports('../shared/a.ts', '../ports/a.ts', '../core/a.ts', 'node:crypto'),
    'src/engine/a.ts': imports('../stages/a.ts', '../ports/a.ts'),
    'src/http/a.ts': imports('../services/a.ts', '../core/a.ts', 'pg'),
    'src/adapters/process/a.ts': imports('node:child_process'),
    'src/adapters/ssh/a.ts': imports('../process/a.ts', '../../ports/a.ts', 'node:fs'),
    'src/targets/local/a.ts': imports('../configuration.ts', '../../adapters/process/a.ts'),
    'src/targets/configuration.ts': imports('../ports/a.ts'),
    'src/config.ts': imports('./core/a.ts', './targets/configuration.ts'),
    'src/composition/a.ts': imports(
      '../config.ts',
      '../http/a.ts',
      '../engine/a.ts',
      '../adapters/ssh/a.ts',
      '../targets/local/a.ts',
    ),
    'src/main.ts': imports('./config.ts', './composition/a.ts', './adapters/process/a.ts'),
    'src/cli/commands/serve.ts': imports('../main.ts'),
    'src/cli/commands/list.ts': imports('../config.ts', '../../clients/typescript/index.ts'),
    'clients/typescript/index.ts': imports('zod'),
    'web/a.tsx': imports('../clients/typescript/index.ts'),
    'bench/a.ts': imports('../src/main.ts', '../src/composition/a.ts'),
  });
  const { moduleCount, violations } = await checkImports(root);
  expect(violations).toEqual([]);
  // All but bench/, which is free and so not looked at.
  expect(moduleCount).toBe(19);
});

describe('the program', () => {
  const check = () =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'import-rules.ts'), root], {
      encoding: 'utf8',
    });

  it('fails when it looked at no module', async () => {
    await plant({ 'src/readme.md': '' });
    expect(check()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no module was looked at'),
    });
  });

  it('fails on a violation, and passes without', async () => {
    await plant({ 'src/core/a.ts': "import '../ports/b.ts';\n", 'src/ports/b.ts': '' });
    expect(check()).toMatchObject({
      status: 1,
      stderr: 'core-is-pure: src/core/a.ts → src/ports/b.ts\n',
    });
    await plant({ 'src/core/a.ts': '' });
    expect(check()).toMatchObject({ status: 0, stderr: '' });
  });
});
