/**
 * Sends requests to every route that its description allows and forbids, up to a number: no
 * response may be a 5xx, and each must be as described. The server is the real one but for its stages
 * and its target, so that nothing is made; it listens on loopback and ends with this program.
 *
 *   node test/fuzz/fuzz.ts [SEED]     another seed sends other requests; default: 1
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../support/server-process.ts';
import { runSchemathesis } from './schemathesis.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const results = join(repository, '.tools/results/fuzz');

/** Requests that CI must have sent. */
const WANTED_REQUESTS = 10_000;
/** Each sends to the same server; they are Python, so two of them use two cores. */
const PROCESSES = 2;
/** Per route, phase and process; so many come to a little more than what is wanted. */
const EXAMPLES = 105;
const LIMIT_SECONDS = 900;
/**
 * The server ends every event stream after this time. Schemathesis follows a stream to its end, and the
 * stream of an operation that waits for approval has none; its heartbeats defeat `request-timeout`.
 */
const STREAM_MILLISECONDS = 200;
const OUTPUT_LINES = 120;

/** What Schemathesis printed of its failures, without what it prints on the way to them. */
function failuresIn(text: string): string {
  const start = text.search(/^=+ (FAILURES|ERRORS) =+$/m);
  const lines = (start < 0 ? text : text.slice(start)).split('\n');
  return lines.slice(0, OUTPUT_LINES).join('\n');
}

const seed = Number(process.argv[2] ?? 1);
const server = await ServerProcess.startWithFakeStages({
  HATHI_LOG_LEVEL: 'error',
  FAKE_STREAM_MILLISECONDS: String(STREAM_MILLISECONDS),
});
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
process.once('exit', () => {
  void server.kill();
});
const started = Date.now();
const over = new AbortController();
const runs = await Promise.all(
  Array.from({ length: PROCESSES }, async (_, index) => {
    const run = await runSchemathesis({
      description: `${server.url}/openapi.json`,
      seed: seed * PROCESSES + index,
      examples: EXAMPLES,
      folder: join(results, String(seed * PROCESSES + index)),
      limitSeconds: LIMIT_SECONDS,
      signal: over.signal,
    });
    if (run.report === null) over.abort('Stopped, as the other run failed.');
    return run;
  }),
);
const seconds = (Date.now() - started) / 1_000;
const problems: string[] = [];
let requests = 0;
let routes = 0;
for (const { report, problem, text } of runs) {
  if (problem !== null) problems.push(problem);
  if (report === null) continue;
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
