/**
 * Builds the two packages that are published, and packs them:
 * `hathi` (server, worker, CLI and what they run) and `@hathi/client`.
 *
 *   node scripts/build.ts [FOLDER]    .tools/packages where absent; prints the path of each tarball
 *
 * In the repository TypeScript is run as it is; Node does not do so below node_modules.
 */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../src/adapters/process/run-command.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLIENT = join(ROOT, 'clients/typescript');
const BUILD_SECONDS = 300;

/** What the server runs, beside its own code. */
const ASSETS = [
  'ansible',
  'node/hathi_node',
  'images/node',
  'terraform/modules',
  'LICENSE',
  'README.md',
];
/** Beside the code that names them, and no TypeScript. */
const BESIDE = ['adapters/process/supervise.sh'];

type Package = Record<string, unknown> & { version: string; dependencies?: object };

export async function build(folder: string): Promise<string[]> {
  await rm(folder, { recursive: true, force: true });
  const client = join(folder, 'client');
  const hathi = join(folder, 'hathi');
  await buildClient(client);
  await buildHathi(hathi, client);
  return [await pack(client, folder), await pack(hathi, folder)];
}

async function buildClient(folder: string): Promise<void> {
  const { description, license, engines } = await readPackage(CLIENT);
  const { version } = await readPackage(ROOT);
  await compile(folder, join(CLIENT, 'src'), { declaration: true });
  await cp(join(CLIENT, 'README.md'), join(folder, 'README.md'));
  await cp(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  await writePackage(folder, {
    name: '@hathi/client',
    version,
    description,
    license,
    engines,
    type: 'module',
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  });
}

async function buildHathi(folder: string, client: string): Promise<void> {
  const { version, description, license, engines, dependencies } = await readPackage(ROOT);
  const types = join(client, 'dist/index.d.ts');
  await compile(folder, join(ROOT, 'src'), { paths: { '@hathi/client': [types] } });
  for (const path of BESIDE) await cp(join(ROOT, 'src', path), join(folder, 'dist', path));
  for (const path of ASSETS) {
    await cp(join(ROOT, path), join(folder, path), {
      recursive: true,
      filter: (source) => !/__pycache__|\/\.terraform(\/|$|\.lock)|terraform\.tfstate/.test(source),
    });
  }
  await writePackage(folder, {
    name: 'hathi',
    version,
    description,
    license,
    engines,
    type: 'module',
    bin: { hathi: 'dist/cli/main.js' },
    dependencies: { ...dependencies, '@hathi/client': version },
  });
}

/** Compiles all but the tests into `dist`. @throws Error with the output of the compiler */
async function compile(folder: string, source: string, more: object): Promise<void> {
  const configuration = join(folder, 'tsconfig.json');
  await mkdir(folder, { recursive: true });
  const options = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      outDir: join(folder, 'dist'),
      rootDir: source,
      rewriteRelativeImportExtensions: true,
      typeRoots: [join(ROOT, 'node_modules/@types')],
      ...more,
    },
    include: [source],
    exclude: [join(source, '**/*.test.ts')],
  };
  await writeFile(configuration, JSON.stringify(options, null, 2));
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin/tsc',
  );
  await runOrFail(process.execPath, [compiler, '-p', configuration], folder);
  await rm(configuration);
}

async function pack(folder: string, into: string): Promise<string> {
  const printed = await runOrFail('npm', ['pack', '--json', '--pack-destination', into], folder);
  const [packed] = Object.values(JSON.parse(printed) as Record<string, { filename: string }>);
  return join(into, String(packed?.filename));
}

async function runOrFail(command: string, args: string[], cwd: string): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };
  const result = await runCommand(command, args, { cwd, env, timeoutSeconds: BUILD_SECONDS });
  if (result.exitCode === 0) return result.stdout;
  throw new Error(`${command} ${args.join(' ')}:\n${result.stdout}${result.stderr}`);
}

async function readPackage(folder: string): Promise<Package> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Package;
}

async function writePackage(folder: string, content: Package): Promise<void> {
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`);
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(ROOT, '.tools/packages'));
  for (const tarball of await build(folder)) console.log(tarball);
}
