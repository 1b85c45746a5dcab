import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { build } from '../../scripts/build.ts';
import { freePort, startPostgres } from '../support/postgres-server.ts';
import { waitFor } from '../support/wait-for.ts';

const REPOSITORY = new URL('../..', import.meta.url).pathname;
const IMAGE = 'hathi-server-of-a-test';
const BASE = `${IMAGE}-base`;
const CONTAINER = IMAGE;
const CLUSTER = 'contained';
/** Node 26 comes with it. */
const NPM_MAJOR = 11;
const MINUTES = 60_000;
const START_SECONDS = 60;

/** Debian with Node, as the official image of Node has it, for machines that reach no hub. */
const BASE_RECIPE = `
ARG DEBIAN
FROM \${DEBIAN}
RUN apt-get update -q && apt-get install -q -y --no-install-recommends libatomic1
COPY . /usr/local/
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
`;

let folder: string;
let url: string;
let postgres: Awaited<ReturnType<typeof startPostgres>>;

const run = async (command: string, ...args: string[]): Promise<string> => {
  const options = { cwd: REPOSITORY, maxBuffer: 64 * 1024 * 1024 };
  return (await promisify(execFile)(command, args, options)).stdout.trim();
};
const hathi = (...words: string[]) => run('docker', 'exec', CONTAINER, 'hathi', ...words);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hathi-container-'));
  const packages = join(folder, 'packages');
  await build(packages);
  const engine = await run('sh', '-c', 'command -v terraform || command -v tofu');
  await copyFile(engine, join(packages, engine.endsWith('tofu') ? 'tofu' : 'terraform'));
  await buildBase(join(folder, 'base'));
  await run(
    'docker',
    ...['build', '--network', 'host', '--tag', IMAGE, '--build-arg', `BASE=${BASE}`],
    ...['--file', 'images/server/Dockerfile', packages],
  );
  postgres = await startPostgres();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  await run(
    'docker',
    ...['run', '--detach', '--name', CONTAINER, '--network', 'host'],
    ...['--env', `HATHI_PORT=${port}`, '--env', `DATABASE_URL=${postgres.url}`],
    ...['--volume', '/var/run/docker.sock:/var/run/docker.sock', IMAGE],
  );
  await waitFor('the server in its container', START_SECONDS, async () => {
    return await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
}, 10 * MINUTES);

afterAll(async () => {
  await hathi('cluster', 'destroy', CLUSTER, '--confirm', CLUSTER).catch(() => {});
  await run('docker', 'rm', '--force', '--volumes', CONTAINER).catch(() => {});
  await run('docker', 'image', 'rm', '--force', IMAGE, BASE).catch(() => {});
  await postgres?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
}, 2 * MINUTES);

async function buildBase(context: string): Promise<void> {
  await mkdir(join(context, 'bin'), { recursive: true });
  await copyFile(process.execPath, join(context, 'bin/node'));
  await chmod(join(context, 'bin/node'), 0o755);
  const npm = join(folder, 'npm');
  await run('npm', 'install', '--no-audit', '--no-fund', '--prefix', npm, `npm@${NPM_MAJOR}`);
  await cp(join(npm, 'node_modules/npm'), join(context, 'lib/node_modules/npm'), {
    recursive: true,
  });
  let recipe = BASE_RECIPE;
  // Where a machine trusts an authority of its own, so must npm in its containers.
  const authority = process.env.NODE_EXTRA_CA_CERTS;
  if (authority) {
    await mkdir(join(context, 'share'), { recursive: true });
    await copyFile(authority, join(context, 'share/authority.crt'));
    recipe += 'ENV NODE_EXTRA_CA_CERTS=/usr/local/share/authority.crt\n';
  }
  const dockerfile = join(dirname(context), 'base.Dockerfile');
  await writeFile(dockerfile, recipe);
  const debian = await run('images/node/build.sh', 'trixie', '--base');
  await run(
    'docker',
    ...[
      'build',
      '--network',
      'host',
      '--tag',
      BASE,
      '--build-arg',
      `DEBIAN=${debian}`,
      '--file',
      dockerfile,
      context,
    ],
  );
}

it('is ready, on the PostgreSQL that it was given', async () => {
  const ready = await fetch(`${url}/ready`);
  const { checks } = (await ready.json()) as { checks: { ready: boolean; message: string }[] };
  expect(
    checks.filter((check) => !check.ready),
    JSON.stringify(checks),
  ).toEqual([]);
  expect(await run('docker', 'logs', CONTAINER)).toContain('"database":"PostgreSQL ');
});

it('makes nodes in the Docker beside it, and proves them', async () => {
  await hathi('cluster', 'create', CLUSTER, '--replicas', '0', '--yes');
  expect(await hathi('cluster', 'list')).toMatch(new RegExp(`${CLUSTER} +healthy`));
  expect(
    await hathi('cluster', 'connect', CLUSTER, '--', '-XAtc', 'SELECT pg_is_in_recovery()'),
  ).toContain('f');
  await hathi('cluster', 'destroy', CLUSTER, '--confirm', CLUSTER);
});

it('ends in time when it is asked to', async () => {
  await run('docker', 'stop', '--time', '20', CONTAINER);
  const format = '{{.State.ExitCode}}';
  expect(await run('docker', 'inspect', '--format', format, CONTAINER)).toBe('0');
});
