/**
 * Runs every suite, one after the other, whatever the earlier ones did, and prints at the end one
 * line of counts summed over them. Exits 1 when a suite failed, ran no test, or (CI=true) skipped.
 *
 *   node scripts/test/run.ts [SUITE...]
 *   check unit node terraform ansible-lint integration fuzz clients e2e aws api-coverage
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiCoverage } from './api-coverage.ts';
import {
  add,
  type Counts,
  line,
  NONE,
  objection,
  terraformCounts,
  unittestCounts,
  vitestCounts,
  vitestFailures,
} from './counts.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const results = join(repository, '.tools/results');
const lintProgram = join(repository, '.tools/lint-venv/bin/ansible-lint');
/** Written by scripts/setup/aws-provider.sh. */
const mirror = join(repository, '.tools/aws-provider/cli.tfrc');
/** The file in which test/support/described.ts notes each response. */
const requested = join(results, 'requested');
const strict = process.env.CI === 'true';
const MINUTE_MS = 60_000;
/** For the child to remove its nodes before it is killed. */
const GRACE_MS = 20_000;
/** End of all suites together, in milliseconds since 1970. Set in CI, so that the run ends with its counts before the limit. */
const endsAt = Number(process.env.HATHI_TESTS_END_AT ?? Infinity) * 1_000;

type Outcome = { code: number | null; stdout: string };
type RunOptions = { cwd?: string; minutes: number; capture?: boolean; env?: NodeJS.ProcessEnv };

/** Runs a program in a process group of its own, which is ended whole at the deadline. */
function run(program: string, args: string[], options: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? repository,
      env: { ...process.env, ...options.env },
      detached: true,
      stdio: ['ignore', options.capture ? 'pipe' : 'inherit', 'inherit'],
    });
    const end = (signal: NodeJS.Signals) => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
    };
    const forward = (signal: NodeJS.Signals) => {
      end(signal);
      process.exit(130);
    };
    process.once('SIGINT', forward).once('SIGTERM', forward);
    const leftMs = Math.max(0, Math.min(options.minutes * MINUTE_MS, endsAt - Date.now()));
    let kill: NodeJS.Timeout | undefined;
    const deadline = setTimeout(() => {
      console.error(`${basename(program)}: out of time after ${Math.round(leftMs / 1_000)} s`);
      end('SIGINT');
      kill = setTimeout(() => end('SIGKILL'), GRACE_MS);
    }, leftMs);
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(deadline);
      clearTimeout(kill);
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve({ code, stdout });
    });
  });
}

/** A suite that is one command counts as one test. */
const asOneTest = ({ code }: Outcome): Counts =>
  code === 0 ? { ...NONE, passed: 1 } : { ...NONE, failed: 1 };

function vitest(project: string, minutes: number): () => Promise<Counts> {
  return async () => {
    const report = join(results, `${project}.json`);
    rmSync(report, { force: true });
    const { code } = await run(
      join(repository, 'node_modules/.bin/vitest'),
      [
        'run',
        '--project',
        project,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
      ],
      { minutes },
    );
    const text = existsSync(report) ? readFileSync(report, 'utf8') : undefined;
    const counts = text === undefined ? NONE : vitestCounts(text);
    if (text !== undefined) failures.push(...vitestFailures(text, repository));
    // A run that died, or an error outside any test, is a failure that the report does not hold.
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  };
}

/** Unit tests of the package that runs on nodes, with the Python of Ansible, which has PyYAML as nodes have. */
async function nodePackage(): Promise<Counts> {
  const python = join(repository, '.tools/venv/bin/python3');
  const words = ['-B', '-m', 'unittest', 'discover', '-s', 'node/tests', '-t', 'node'];
  // unittest prints to stderr.
  const all = `exec "$0" ${words.join(' ')} 2>&1`;
  const { code, stdout } = await run('sh', ['-c', all, python], { minutes: 2, capture: true });
  const counts = unittestCounts(stdout);
  if (code !== 0) console.error(stdout);
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** `terraform test` in each module that has tests, on each engine that is on PATH. */
async function terraformModules(): Promise<Counts> {
  let counts = NONE;
  const modules = globSync('terraform/modules/*/tests', { cwd: repository });
  for (const engine of ['terraform', 'tofu']) {
    const { code } = await run('sh', ['-c', 'command -v "$1" >/dev/null', 'sh', engine], {
      minutes: 1,
    });
    if (code !== 0) {
      console.log(`${engine} is not here, so its runs are left out`);
      continue;
    }
    for (const tests of modules) {
      const cwd = join(repository, tests, '..');
      // Away from the module's folder, so that the two engines never share a provider lock.
      const env = {
        TF_DATA_DIR: join(results, `${engine}-${basename(cwd)}`),
        TF_IN_AUTOMATION: '1',
        // Away from the user's own; with the provider that the module of AWS needs.
        TF_CLI_CONFIG_FILE: existsSync(mirror) ? mirror : '/dev/null',
      };
      // Of another provider, where the stand-in was compiled again since.
      rmSync(join(cwd, '.terraform.lock.hcl'), { force: true });
      const init = await run(engine, ['init', '-backend=false', '-input=false', '-no-color'], {
        cwd,
        env,
        minutes: 2,
        capture: true,
      });
      const test = await run(engine, ['test', '-json'], { cwd, env, minutes: 5, capture: true });
      const of = terraformCounts(test.stdout);
      const broken = (init.code !== 0 || test.code !== 0) && of.failed === 0;
      if (broken || of.failed > 0) console.error(init.code === 0 ? test.stdout : init.stdout);
      counts = add(counts, broken ? { ...of, failed: 1 } : of);
      console.log(`${engine}, ${basename(cwd)}: ${line(of)}`);
    }
  }
  return counts;
}

/** Which of the two the AWS target was tested with; without one its tests fail. */
function providerHere(): string {
  const told = join(mirror, '..', 'provider');
  return existsSync(told) ? readFileSync(told, 'utf8').trim() : 'no provider hashicorp/aws is here';
}

/** The stand-in's own tests, where it was compiled here. */
async function providerTests(): Promise<Counts> {
  if (!existsSync(join(mirror, '..', '.built'))) return NONE;
  const ours = join(repository, '.tools/go-venv/bin/go');
  const go = existsSync(ours) ? ours : 'go';
  const env = { GOTOOLCHAIN: 'local', GOWORK: 'off', CGO_ENABLED: '0' };
  const cwd = join(repository, 'test/aws/provider');
  // As the setup compiled it, so that the SDK of AWS is not compiled a second time.
  return asOneTest(await run(go, ['test', '-trimpath', './...'], { cwd, env, minutes: 5 }));
}

/** Linting, and whether the tables of a README are those of its module. */
async function terraformChecks(): Promise<Counts> {
  const tools = join(repository, '.tools/terraform-tools');
  let counts = NONE;
  for (const module of globSync('terraform/modules/*', { cwd: repository })) {
    const cwd = join(repository, module);
    const checks = [run(join(tools, 'tflint'), ['--no-color'], { cwd, minutes: 2 })];
    if (existsSync(join(cwd, '.terraform-docs.yml'))) {
      const docs = ['--output-check', '.'];
      checks.push(run(join(tools, 'terraform-docs'), docs, { cwd, minutes: 1 }));
    }
    for (const outcome of await Promise.all(checks)) counts = add(counts, asOneTest(outcome));
  }
  return counts;
}

/** Printed above the counts. */
const labels: string[] = [];

/** Told once more under the counts: the end of a long output is the part that is read. */
const failures: string[] = [];

const suites: Record<string, () => Promise<Counts>> = {
  check: async () => asOneTest(await run('make', ['check'], { minutes: 5 })),
  unit: vitest('unit', 5),
  node: nodePackage,
  terraform: async () => add(await terraformModules(), await terraformChecks()),
  'ansible-lint': async () =>
    asOneTest(
      await run(lintProgram, ['--profile', 'production', '--offline', '--strict'], {
        cwd: join(repository, 'ansible'),
        minutes: 5,
      }),
    ),
  integration: vitest('integration', 20),
  fuzz: async () => asOneTest(await run(process.execPath, ['test/fuzz/fuzz.ts'], { minutes: 16 })),
  clients: vitest('clients', 15),
  e2e: vitest('e2e', 25),
  aws: async () => {
    labels.push(`aws: ${providerHere()}`);
    return add(await vitest('aws', 20)(), await providerTests());
  },
  'api-coverage': async () => apiCoverage(repository, requested),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(
    `no suite named ${unknown.join(', ')}; there are ${Object.keys(suites).join(', ')}`,
  );
  process.exit(64);
}
mkdirSync(results, { recursive: true });
if (wanted.length === 0) rmSync(requested, { recursive: true, force: true });

let total = NONE;
const table: string[] = [];
const objections: string[] = [];
for (const [name, suite] of Object.entries(suites)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}`);
  const started = Date.now();
  const counts = await suite().catch((error: Error) => {
    console.error(`${name}: ${error.message}`);
    return { ...NONE, failed: 1 };
  });
  const seconds = ((Date.now() - started) / 1_000).toFixed(1);
  const why = objection(counts, strict);
  if (why) objections.push(`${name}: ${why}`);
  table.push(`  ${name.padEnd(14)}${`${seconds} s`.padStart(9)}   ${line(counts)}`);
  total = add(total, counts);
}
console.log(`\n${table.join('\n')}`);
for (const label of labels) console.log(label);
for (const why of [...failures, ...objections]) console.error(why);
if (objections.length > 0) process.exitCode = 1;
console.log(line(total));
