/**
 * Asks every route for whatever its own description allows and forbids, until enough was asked: no
 * answer may be a 5xx, and each must be as described. The server is the real one but for its stages
 * and its target, so that nothing is made; it listens on loopback and ends with this program.
 *
 *   node test/fuzz/fuzz.ts [SEED]     another seed asks other things; 1 where absent
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../support/server-process.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const python = join(repository, '.tools/fuzz-venv/bin/python');
const config = join(import.meta.dirname, 'schemathesis.toml');
const results = join(repository, '.tools/results/fuzz');

/** What CI has to have asked. */
const WANTED_REQUESTS = 10_000;
/** Each asks the same server; they are Python, so two of them use two cores. */
const PROCESSES = 2;
/** Per route, phase and process; so many come to a little more than what is wanted. */
const EXAMPLES = 140;
const LIMIT_SECONDS = 900;
const OUTPUT_LINES = 120;

interface Report {
  complete: boolean;
  test_cases: { generated: number };
  operations: { total: number; tested: number };
  failures: { code: string; title: string; count: number; operations: string[] }[];
  errors: { title: string; count: number }[];
}

/** @returns what Schemathesis says, as its report and as text */
async function ask(url: string, seed: number): Promise<{ report: Report | null; text: string }> {
  const folder = join(results, String(seed));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const child = spawn(
    python,
    [
      ...['-m', 'schemathesis.cli', '--config-file', config, 'run', `${url}/openapi.json`],
      ...['--seed', String(seed), '--max-examples', String(EXAMPLES), '--no-color'],
      ...['--report-dir', folder],
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const timer = setTimeout(end, LIMIT_SECONDS * 1_000);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (data: string) => {
      text += data;
    });
  }
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  process.off('exit', end);
  const file = readdirSync(folder).find((name) => name.endsWith('.json'));
  const report = file ? JSON.parse(readFileSync(join(folder, file), 'utf8')) : null;
  return { report, text };
}

/** What Schemathesis printed of its failures, without what it prints on the way to them. */
function failuresIn(text: string): string {
  const start = text.search(/^=+ (FAILURES|ERRORS) =+$/m);
  const lines = (start < 0 ? text : text.slice(start)).split('\n');
  return lines.slice(0, OUTPUT_LINES).join('\n');
}

if (!existsSync(python)) throw new Error('Schemathesis is not here; run scripts/setup/fuzz.sh');
const seed = Number(process.argv[2] ?? 1);
const server = await ServerProcess.startWithFakeStages({ HATHI_LOG_LEVEL: 'error' });
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
process.once('exit', () => {
  void server.kill();
});
const started = Date.now();
const answers = await Promise.all(
  Array.from({ length: PROCESSES }, (_, index) => ask(server.url, seed * PROCESSES + index)),
);
const seconds = (Date.now() - started) / 1_000;
const problems: string[] = [];
let requests = 0;
let routes = 0;
for (const { report, text } of answers) {
  if (report === null) {
    problems.push(`Schemathesis made no report:\n${text.slice(-2_000)}`);
    continue;
  }
  requests += report.test_cases.generated;
  routes = Math.max(routes, report.operations.tested);
  if (report.operations.tested < report.operations.total) {
    const left = report.operations.total - report.operations.tested;
    problems.push(`${left} routes were not asked`);
  }
  for (const { title, count, operations } of report.failures) {
    problems.push(`${title}, ${count} times: ${operations.join(', ')}`);
  }
  for (const { title, count } of report.errors) problems.push(`${title}, ${count} times`);
  if (report.failures.length + report.errors.length > 0) problems.push(failuresIn(text));
}
if (requests < WANTED_REQUESTS) problems.push(`only ${requests} requests of ${WANTED_REQUESTS}`);
if (problems.length > 0) problems.push(`the server's log ended:\n${server.log.slice(-4_000)}`);
await server.destroy();
for (const problem of problems) console.error(problem);
console.log(
  `${requests} requests to ${routes} routes in ${seconds.toFixed(0)} s, seed ${seed}: ${
    problems.length === 0 ? 'every answer as described' : 'not as described'
  }`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
