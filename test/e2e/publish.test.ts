import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../scripts/build.ts';
import { type CommandResult, runCommand } from '../../src/adapters/process/run-command.ts';
import { freePort } from '../support/postgres-server.ts';
import { waitFor } from '../support/wait-for.ts';

const INSTALL_SECONDS = 120;
const START_SECONDS = 60;
const MINUTES = 60_000;

let folder: string;
/** An empty folder into which both packages were installed, as a user would. */
let installed: string;
/** Of each version that is promised: where its `node` is. */
const nodes = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hathi-publish-'));
  installed = join(folder, 'installed');
  const tarballs = await build(join(folder, 'packages'));
  await install(installed, ...tarballs);
  nodes.set('26', dirname(process.execPath));
  // The package of this platform alone: the one that chooses among them runs npm again.
  const platform = `node-${process.platform}-${process.arch}`;
  await install(join(folder, 'node24'), `${platform}@24`);
  nodes.set('24', join(folder, 'node24/node_modules', platform, 'bin'));
}, 10 * MINUTES);
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function install(into: string, ...packages: string[]): Promise<void> {
  await mkdir(into, { recursive: true });
  await writeFile(join(into, 'package.json'), '{ "private": true }');
  const args = ['install', '--no-audit', '--no-fund', ...packages];
  const result = await runCommand('npm', args, {
    cwd: into,
    // The whole file, because it has the settings of the registry.
    env: process.env as Record<string, string>,
    timeoutSeconds: INSTALL_SECONDS,
  });
  if (result.exitCode !== 0) throw new Error(`npm ${args.join(' ')}: ${result.stderr}`);
}

describe.each(['26', '24'])('the packages on plain Node %s', (version) => {
  const environment = () => ({
    PATH: [nodes.get(version), process.env.PATH].join(delimiter),
    HOME: folder,
    HATHI_DATA_DIR: join(folder, `data-${version}`),
  });
  const hathi = async (...args: string[]): Promise<CommandResult> =>
    await runCommand(join(installed, 'node_modules/.bin/hathi'), args, {
      cwd: installed,
      env: environment(),
      timeoutSeconds: START_SECONDS,
    });

  it('runs on that version', async () => {
    const node = join(nodes.get(version) ?? '', 'node');
    const { stdout } = await runCommand(node, ['--version'], { env: {}, timeoutSeconds: 10 });
    expect(stdout.trim()).toMatch(new RegExp(`^v${version}\\.`));
    expect((await hathi('--version')).stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('says what is there and what is missing', async () => {
    const { stdout, exitCode } = await hathi('doctor', '--json');
    const { checks } = JSON.parse(stdout) as {
      checks: { name: string; required: boolean; ready: boolean; message: string }[];
    };
    expect(checks.find(({ name }) => name === 'node')?.message).toContain(`v${version}.`);
    for (const { message } of checks) expect(message).not.toBe('');
    const missing = checks.some(({ required, ready }) => required && !ready);
    expect(exitCode).toBe(missing ? 1 : 0);
  });

  it(
    'serves, from the very first start on',
    async () => {
      const port = await freePort();
      const server: ChildProcess = spawn(join(installed, 'node_modules/.bin/hathi'), ['serve'], {
        env: { ...environment(), HATHI_PORT: String(port) },
        stdio: 'ignore',
      });
      try {
        const url = `http://127.0.0.1:${port}`;
        await waitFor('the server', START_SECONDS, async () => (await fetch(`${url}/health`)).ok);
        expect((await fetch(`${url}/docs`)).status).toBe(200);
        const list = await hathi('--url', url, '--json', 'cluster', 'list');
        expect(list.stderr).toBe('');
        expect(JSON.parse(list.stdout)).toMatchObject({ clusters: [] });
        const script = join(installed, 'use.mjs');
        await writeFile(
          script,
          `import { createHathiClient } from '@hathi/client';
         const hathi = createHathiClient({ baseUrl: '${url}' });
         const made = await hathi.createCluster({ body: { name: 'packed', replica_count: 0 } });
         for await (const { type } of hathi.followOperation(made.id)) {
           if (type === 'operation.awaiting-approval') break;
           if (type === 'operation.failed') process.exit(1);
         }
         console.log((await hathi.cancelOperation({ id: made.id, body: {} })).state);`,
        );
        const used = await runCommand(join(nodes.get(version) ?? '', 'node'), [script], {
          env: {},
          timeoutSeconds: START_SECONDS,
        });
        expect(used.stderr).toBe('');
        expect(used.stdout.trim()).toBe('cancelled');
      } finally {
        const gone = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGTERM');
        await gone;
      }
    },
    3 * MINUTES,
  );
});
