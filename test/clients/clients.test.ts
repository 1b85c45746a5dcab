import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const here = import.meta.dirname;
const openApi = join(root, 'openapi.json');
const python = join(root, '.tools/clients-venv/bin');
const goVenv = join(root, '.tools/go-venv/bin');

/** A generator, and the program that uses what it generates. */
interface Generator {
  name: string;
  /** Name of the cluster that the program creates and destroys. */
  cluster: string;
  /** Generates and compiles in `folder`. */
  build(folder: string): Promise<void>;
  /** Command of the program and its environment. */
  command(folder: string, args: string[]): [string, string[], NodeJS.ProcessEnv?];
}

const PATH = `${python}:${process.env.PATH}:${goVenv}`;
/** Of Maven: only errors. */
const QUIET = ['-q', '-B'];
const goEnvironment = { GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '-mod=readonly' };

async function tool(program: string, args: string[], options: Parameters<typeof run>[2] = {}) {
  const env = { ...process.env, ...options?.env, PATH };
  return await run(program, args, { maxBuffer: 16 * 2 ** 20, ...options, env });
}

const openApiGenerator = async (language: string, output: string, ...more: string[]) =>
  await tool(join(python, 'openapi-generator-cli'), [
    ...['generate', '--input-spec', openApi, '--generator-name', language],
    ...['--output', output, ...more],
  ]);

const GENERATORS: Generator[] = [
  {
    name: 'openapi-python-client',
    cluster: 'client-python',
    async build(folder) {
      const output = join(folder, 'hathi_client');
      await tool(join(python, 'openapi-python-client'), [
        ...['generate', '--path', openApi, '--output-path', output, '--meta', 'none'],
        // A schema that it cannot support is a warning without this.
        '--fail-on-warning',
      ]);
    },
    command: (folder, args) => [
      join(python, 'python'),
      [join(here, 'python/openapi_python_client.py'), ...args],
      { PYTHONPATH: folder },
    ],
  },
  {
    name: 'openapi-generator, Python',
    cluster: 'client-generator',
    build: async (folder) => void (await openApiGenerator('python', folder)),
    command: (folder, args) => [
      join(python, 'python'),
      [join(here, 'python/openapi_generator_client.py'), ...args],
      { PYTHONPATH: folder },
    ],
  },
  {
    name: 'openapi-generator, Java',
    cluster: 'client-java',
    async build(folder) {
      await cp(join(here, 'java'), folder, { recursive: true });
      await openApiGenerator('java', join(folder, 'target/client'), '--library', 'native');
      await tool('mvn', [...QUIET, 'compile'], { cwd: folder });
    },
    command: (folder, args) => [
      'mvn',
      [...QUIET, '-f', join(folder, 'pom.xml'), 'exec:java', `-Dexec.args=${args.join(' ')}`],
    ],
  },
  {
    name: 'oapi-codegen',
    cluster: 'client-go',
    async build(folder) {
      await cp(join(here, 'go'), folder, { recursive: true });
      await mkdir(join(folder, 'hathi'), { recursive: true });
      await tool(join(root, '.tools/clients-go/oapi-codegen'), [
        // Without skip-prune it leaves out the schema of an event, which no response names.
        ...['-generate', 'types,client,skip-prune', '-package', 'hathi'],
        ...['-o', join(folder, 'hathi/client.go'), openApi],
      ]);
      await tool('go', ['build', '-o', 'program', '.'], { cwd: folder, env: goEnvironment });
    },
    command: (folder, args) => [join(folder, 'program'), args],
  },
  {
    name: 'openapi-typescript',
    cluster: 'client-typescript',
    async build(folder) {
      // In the repository, so that the program finds openapi-fetch and the compiler.
      const require = createRequire(join(root, 'clients/typescript/package.json'));
      const cli = join(require.resolve('openapi-typescript/package.json'), '../bin/cli.js');
      await cp(join(here, 'typescript'), folder, { recursive: true });
      await tool(process.execPath, [cli, openApi, '--output', join(folder, 'schema.ts')]);
      await tool(join(root, 'node_modules/.bin/tsc'), [
        ...['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext'],
        ...['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')],
        ...['--allowImportingTsExtensions', '--skipLibCheck', join(folder, 'client.ts')],
      ]);
    },
    command: (folder, args) => [process.execPath, [join(folder, 'client.ts'), ...args]],
  },
];

let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  folder = await mkdtemp(join(tmpdir(), 'hathi-clients-'));
});
afterAll(async () => {
  await server?.destroy(...GENERATORS.map(({ cluster }) => cluster));
  await rm(folder, { recursive: true, force: true });
});

it.each(GENERATORS)('compiles and runs the client of $name', async (generator) => {
  const own =
    generator.name === 'openapi-typescript'
      ? await mkdtemp(join(root, '.tools/client-'))
      : join(folder, generator.cluster);
  try {
    await generator.build(own);
    const [program, args, env] = generator.command(own, [server.url, generator.cluster]);
    const { stdout } = await tool(program, args, { env: env ?? {} });
    // Maven resets the colours of the terminal at its end, even without one.
    const lines = stripVTControlCharacters(String(stdout)).trim().split('\n');
    expect(lines.filter((line) => line.startsWith('stage.')).length).toBeGreaterThan(5);
    expect(lines.at(-1)).toBe(`destroyed ${generator.cluster}`);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
});
