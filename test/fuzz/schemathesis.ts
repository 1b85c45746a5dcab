/** Runs Schemathesis against one server, and stops a run that makes no progress. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const PYTHON = join(repository, '.tools/fuzz-venv/bin/python');
const CONFIG = join(import.meta.dirname, 'schemathesis.toml');
const HOOKS = join(import.meta.dirname, 'progress.py');

/**
 * A run without any new request for this long is stopped. Twice the time that one request may take
 * (`request-timeout` in schemathesis.toml), and less than a minute.
 */
const STALL_SECONDS = 45;
const LOOK_MILLISECONDS = 500;
const OUTPUT_CHARACTERS = 2_000;

interface Report {
  complete: boolean;
  test_cases: { generated: number };
  operations: { total: number; tested: number };
  failures: { code: string; title: string; count: number; operations: string[] }[];
  errors: { title: string; count: number }[];
}

interface Run {
  /** null when the run did not come to its end; `problem` then has the reason. */
  report: Report | null;
  problem: string | null;
  /** Output of Schemathesis, stdout and stderr. */
  text: string;
}

interface RunOptions {
  /** Address of `openapi.json`. */
  description: string;
  seed: number;
  /** Per operation and phase. */
  examples: number;
  /** For the report and the progress file; emptied first. */
  folder: string;
  limitSeconds: number;
  stallSeconds?: number;
  /** Stops the run, with the reason of the abort as its problem. */
  signal?: AbortSignal;
}

/** Never throws for a run that fails: `problem` has the reason, in one sentence. */
export async function runSchemathesis(options: RunOptions): Promise<Run> {
  const { folder, stallSeconds = STALL_SECONDS } = options;
  if (!existsSync(PYTHON)) throw new Error('Schemathesis is missing; run scripts/setup/fuzz.sh');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const progressFile = join(folder, 'progress.txt');
  const child = spawn(
    PYTHON,
    [
      ...['-m', 'schemathesis.cli', '--config-file', CONFIG, 'run', options.description],
      ...['--seed', String(options.seed), '--max-examples', String(options.examples)],
      ...['--no-color', '--report-dir', folder],
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SCHEMATHESIS_HOOKS: HOOKS, FUZZ_PROGRESS_FILE: progressFile },
    },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (data: string) => {
      text += data;
    });
  }
  let problem: string | null = null;
  const kill = () => child.kill('SIGKILL');
  const stop = (reason: string) => {
    problem ??= `${reason} ${lastRequest(progressFile)}`;
    kill();
  };
  process.once('exit', kill);
  const limit = setTimeout(
    () => stop(`Schemathesis did not end within ${options.limitSeconds} s and was stopped.`),
    options.limitSeconds * 1_000,
  );
  options.signal?.addEventListener('abort', () => stop(String(options.signal?.reason)));
  let size = 0;
  let grewAt = Date.now();
  const look = setInterval(() => {
    const now = existsSync(progressFile) ? statSync(progressFile).size : 0;
    if (now !== size) [size, grewAt] = [now, Date.now()];
    // Its start may take long on a busy machine.
    const patience = size === 0 ? STALL_SECONDS : stallSeconds;
    if (Date.now() - grewAt > patience * 1_000) {
      stop(`Schemathesis made no progress for ${patience} s and was stopped.`);
    }
  }, LOOK_MILLISECONDS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  clearTimeout(limit);
  clearInterval(look);
  process.off('exit', kill);
  const report = problem === null ? readReport(folder) : null;
  if (report === null) {
    problem ??= `Schemathesis ended with exit code ${code} and wrote no report with results. ${lastRequest(progressFile)}`;
    problem += `\n${text.slice(-OUTPUT_CHARACTERS)}`;
  }
  return { report, problem, text };
}

/** @returns null for a run without a request, and for a file that is missing, empty or cut off */
function readReport(folder: string): Report | null {
  const file = readdirSync(folder).find((name) => name.endsWith('.json'));
  if (file === undefined) return null;
  try {
    const report = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Report;
    return report.test_cases.generated > 0 ? report : null;
  } catch {
    return null;
  }
}

/** A sentence about the last line of the progress file. @see progress.py */
function lastRequest(progressFile: string): string {
  const lines = existsSync(progressFile) ? readFileSync(progressFile, 'utf8').split('\n') : [];
  const [word, ...rest] = lines.at(-2)?.split(' ') ?? [];
  if (word === undefined) return 'It had sent no request.';
  const request = `${rest.join(' ')}, request ${lines.filter((line) => line.startsWith('sent ')).length}`;
  if (word === 'sent') return `No complete response to ${request}.`;
  return `The last request was complete: ${request}.`;
}
