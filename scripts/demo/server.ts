import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isAlive, processStarted } from '../../src/adapters/process/process-identity.ts';
import { mannerOf } from '../../src/cli/terminal/terminal.ts';
import { whileWaiting } from '../../src/cli/terminal/waiting.ts';
import type { ReadinessCheck } from '../../src/services/server/readiness-service.ts';
import { Api, ApiProblem } from './api.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const DATA_DIRECTORY = resolve(process.env.HATHI_DATA_DIR || join(REPOSITORY, '.hathi/demo'));
const BASE = `http://localhost:${process.env.HATHI_PORT || '5000'}`;
const POLL_MILLISECONDS = 100;
const STOP_SECONDS = 15;
/** What a server lacks after this long will not come by itself. */
const LACK_SECONDS = 5;

export const paths = {
  data: DATA_DIRECTORY,
  log: join(DATA_DIRECTORY, 'server.log'),
  note: join(DATA_DIRECTORY, 'demo.json'),
  passwords: join(DATA_DIRECTORY, 'pgpass'),
};

/** Where to look when something failed. */
export function whereLogsAre(): string {
  return readNote()?.server
    ? `Log of the server: ${paths.log}`
    : 'The log is where the server that was already there writes it.';
}

/** What the demo notes, so that `demo-down` knows what is the demo's own. */
export interface DemoNote {
  base: string;
  cluster: string;
  /** The server that the demo started; null when it used one that was there. */
  server: { pid: number; started: string | null } | null;
}

export function readNote(): DemoNote | null {
  try {
    return JSON.parse(readFileSync(paths.note, 'utf8')) as DemoNote;
  } catch {
    return null;
  }
}

function writeNote(note: DemoNote): DemoNote {
  mkdirSync(paths.data, { recursive: true, mode: 0o700 });
  writeFileSync(paths.note, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
  return note;
}

export function apiAt(base: string): Api {
  return new Api(base, process.env.HATHI_TOKEN);
}

/** Whether the process that the demo noted is still that very process. */
export async function serverLives(note: DemoNote | null): Promise<boolean> {
  return note?.server ? await isAlive(note.server.pid, note.server.started) : false;
}

/** Uses the demo's server, or another Hathi at the port, or starts one that outlives the demo. */
export async function ensureServer(): Promise<{ api: Api; note: DemoNote; started: boolean }> {
  const noted = readNote();
  if (noted && (await serverLives(noted))) {
    const api = apiAt(noted.base);
    await waitUntilReady(api, noted);
    return { api, note: noted, started: false };
  }
  const api = apiAt(BASE);
  const found = await whoAnswers(api);
  if (found === 'hathi' && noted?.server) {
    throw new Error(
      `Another Hathi server answers at ${BASE}, and the demo's own one, whose nodes may still be there, is stopped. Choose a free port: HATHI_PORT=5001 make demo (or demo-down).`,
    );
  }
  if (found === 'hathi') {
    // Somebody's own server: the demo stays away from a cluster that is not its own.
    const note = { base: BASE, cluster: 'demo', server: null };
    return { api, note: writeNote(note), started: false };
  }
  if (found === 'other') {
    throw new Error(
      `Another program answers at ${BASE}. Stop it, or choose a free port: HATHI_PORT=5001 make demo`,
    );
  }
  const note = writeNote({ base: BASE, cluster: 'default', server: await startServer() });
  await waitUntilReady(api, note);
  return { api, note, started: true };
}

async function whoAnswers(api: Api): Promise<'hathi' | 'other' | 'nobody'> {
  try {
    const health = await api.get<{ status?: string }>('/health');
    const document = await api.get<{ info?: { title?: string } }>('/openapi.json');
    return health.status === 'ok' && document.info?.title === 'Hathi' ? 'hathi' : 'other';
  } catch (error) {
    const code = (error as { cause?: { code?: string } }).cause?.code;
    return code === 'ECONNREFUSED' ? 'nobody' : 'other';
  }
}

async function startServer(): Promise<NonNullable<DemoNote['server']>> {
  mkdirSync(paths.data, { recursive: true, mode: 0o700 });
  const log = openSync(paths.log, 'a', 0o600);
  const port = new URL(BASE).port || '80';
  const child = spawn(process.execPath, [join(REPOSITORY, 'src/main.ts')], {
    cwd: REPOSITORY,
    env: { ...process.env, HATHI_DATA_DIR: paths.data, HATHI_PORT: port },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  const pid = child.pid ?? 0;
  return { pid, started: await processStarted(pid) };
}

/** A server that cannot work is stopped, so that the next try starts one in a better world. */
async function waitUntilReady(api: Api, note: DemoNote): Promise<void> {
  try {
    await waitFor('  Starting the server', untilReady(api, note));
  } catch (error) {
    await stopServer(note);
    throw error;
  }
}

/** Prints what is waited for, and for how long. */
export async function waitFor<T>(what: string, work: Promise<T>): Promise<T> {
  const manner = mannerOf(process.stdout, process.env);
  return await whileWaiting({ out: process.stdout, manner, what, atOnce: true }, work);
}

async function untilReady(api: Api, note: DemoNote): Promise<void> {
  let answeredAt: number | null = null;
  // Without a limit of time while the server lives: a first start on a slow machine may take minutes.
  for (;;) {
    if (!(await serverLives(note))) {
      throw new Error(`The server ended as it started: ${lastLogLine()}`);
    }
    try {
      await api.get('/ready');
      return;
    } catch (error) {
      answeredAt ??= error instanceof ApiProblem ? Date.now() : null;
      if (answeredAt !== null && Date.now() - answeredAt > LACK_SECONDS * 1000) {
        throw new Error(`The server cannot work yet. ${lackOf(error)}`);
      }
    }
    await new Promise((done) => setTimeout(done, POLL_MILLISECONDS));
  }
}

/** Messages of the failed checks: each names what is missing and how to install it. */
function lackOf(error: unknown): string {
  const { checks } = (error instanceof ApiProblem ? error.document : {}) as {
    checks?: ReadinessCheck[];
  };
  const failed = (checks ?? []).filter((check) => !check.ready);
  if (failed.length === 0) return (error as Error).message;
  return failed.map((check) => `${check.name}: ${check.message}`).join(' ');
}

/** Asks the demo's own server to stop, and no other process. */
export async function stopServer(note: DemoNote): Promise<void> {
  if (!note.server || !(await serverLives(note))) return;
  process.kill(note.server.pid, 'SIGTERM');
  const deadline = Date.now() + STOP_SECONDS * 1000;
  while (await serverLives(note)) {
    if (Date.now() > deadline) {
      process.kill(note.server.pid, 'SIGKILL');
      return;
    }
    await new Promise((done) => setTimeout(done, POLL_MILLISECONDS));
  }
}

function lastLogLine(): string {
  const lines = readFileSync(paths.log, 'utf8').trim().split('\n');
  return lines.at(-1) ?? 'it said nothing';
}
