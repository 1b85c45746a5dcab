import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from '../../src/adapters/process/run-command.ts';
import { ServerProcess } from '../support/server-process.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const README = join(REPOSITORY, 'clients/typescript/README.md');

let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  server = await ServerProcess.startWithFakeStages();
  // Below the repository, so that the package is found by its name.
  folder = await mkdtemp(join(REPOSITORY, '.tools/readme-'));
});
afterAll(async () => {
  await server?.destroy();
  if (folder) await rm(folder, { recursive: true, force: true });
});

it('has examples that run as they stand, one after the other', async () => {
  const text = await readFile(README, 'utf8');
  const examples = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
  expect(examples.length).toBeGreaterThan(3);
  const program = join(folder, 'examples.ts');
  await writeFile(program, examples.join('\n').replaceAll('http://localhost:5000', server.url));
  const result = await runCommand(process.execPath, [program], { env: {}, timeoutSeconds: 60 });
  expect(result.stderr).toBe('');
  expect(result.exitCode).toBe(0);
  expect(result.stdout).toMatch(/^1 operation\.queued/);
  expect(result.stdout).toContain('operation.succeeded');
  expect(result.stdout).toContain('orders is ');
  expect(result.stdout).toContain('CLUSTER_NOT_FOUND 404');
});
