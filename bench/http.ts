import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import { freePort, startPostgres } from '../test/support/postgres-server.ts';
import { ServerProcess } from '../test/support/server-process.ts';
import { waitFor } from '../test/support/wait-for.ts';

const repository = join(import.meta.dirname, '..');
const BARE_SERVER = join(import.meta.dirname, 'bare-server.ts');
const CLI = join(repository, 'src/cli/main.ts');
const CLUSTERS = 50;
const CONNECTIONS = 10;
/** Long enough for the compiler to have seen the hot path, which the warm-up leaves out. */
const ROUND_SECONDS = 5;
const WARM_UP_SECONDS = 2;
const FOLLOWERS = 100;
const EVENTS = 200;
const EVENT_MILLISECONDS = 20;
/** The load comes from one address. */
const WITHOUT_LIMITS = { HATHI_REQUESTS_PER_SECOND: '0', HATHI_STREAMS_PER_CALLER: '0' };
const READY_SECONDS = 60;

/** Requests per second of one path with the same bytes, in turns. */
export interface Rates {
  hathi: number[];
  /** By a bare route that reads them from PostgreSQL, as one text by one prepared statement. */
  stored: number[];
  /** By a bare route that has them in memory. */
  constant: number[];
  bytes: number;
}

export interface HttpSpeed {
  one: Rates;
  list: Rates;
  /** Milliseconds from a stage's event to each of the followers. */
  delivery: { p50: number; p99: number; most: number };
  /** Milliseconds of each run, null while there is no command line. */
  cli: { version: number[]; list: number[] } | null;
}

/** Everything runs on loopback, over stages that make nothing; the database is PostgreSQL. */
export async function measureHttp(runs: number): Promise<HttpSpeed> {
  const postgres = await startPostgres();
  const server = await ServerProcess.startWithFakeStages({
    ...WITHOUT_LIMITS,
    DATABASE_URL: postgres.url,
    FAKE_MISMATCH: 'log',
  });
  try {
    await makeClusters(server);
    const one = await compare(server, postgres.url, '/api/v1/clusters/bench-01', runs);
    const list = await compare(server, postgres.url, `/api/v1/clusters?limit=${CLUSTERS}`, runs);
    const cli = await timeCli(server, runs);
    return { one, list, cli, delivery: await measureDelivery(postgres.url) };
  } finally {
    await server.destroy();
    await postgres.stop();
  }
}

async function makeClusters(server: ServerProcess): Promise<void> {
  for (let index = 1; index <= CLUSTERS; index++) {
    const name = `bench-${String(index).padStart(2, '0')}`;
    await made(server, name);
  }
}

async function made(server: ServerProcess, name: string): Promise<void> {
  const input = { name, approval: 'automatic', labels: { team: 'bench' } };
  const { body } = await server.post('/api/v1/clusters', input);
  await waitFor(`cluster ${name}`, READY_SECONDS, async () => {
    return (await server.operation(body.id)).state === 'succeeded';
  });
}

async function compare(
  server: ServerProcess,
  databaseUrl: string,
  path: string,
  runs: number,
): Promise<Rates> {
  const { text } = await server.getText(path);
  const stored = await startBare(text, path, { DATABASE_URL: databaseUrl });
  const constant = await startBare(text, path);
  const rates: Rates = { hathi: [], stored: [], constant: [], bytes: Buffer.byteLength(text) };
  try {
    const turns = [
      async () => rates.hathi.push(await requestsPerSecond(server.url + path)),
      async () => rates.stored.push(await requestsPerSecond(stored.url + path)),
      async () => rates.constant.push(await requestsPerSecond(constant.url + path)),
    ];
    for (let round = 0; round < runs; round++) {
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
  } finally {
    await stored.stop();
    await constant.stop();
  }
  return rates;
}

async function startBare(text: string, path: string, environment: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'hathi-bare-'));
  const file = join(folder, 'body.json');
  await writeFile(file, text);
  const port = String(await freePort());
  const route = path.split('?', 1)[0] ?? path;
  const child: ChildProcess = spawn(process.execPath, [BARE_SERVER, port, file, route], {
    stdio: 'inherit',
    env: { PATH: process.env.PATH ?? '', ...environment },
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor('the bare server', READY_SECONDS, async () => (await fetch(url + route)).ok);
  return {
    url,
    async stop() {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function requestsPerSecond(url: string): Promise<number> {
  const options = { url, connections: CONNECTIONS };
  await autocannon({ ...options, duration: WARM_UP_SECONDS });
  const { requests, non2xx, errors } = await autocannon({ ...options, duration: ROUND_SECONDS });
  if (non2xx + errors > 0) throw new Error(`${url}: ${non2xx} refusals, ${errors} errors`);
  return requests.average;
}

/** A separate server whose verify-replication emits events that contain their time. */
async function measureDelivery(databaseUrl: string): Promise<HttpSpeed['delivery']> {
  const server = await ServerProcess.startWithFakeStages({
    ...WITHOUT_LIMITS,
    DATABASE_URL: databaseUrl,
    FAKE_STAGE_MILLISECONDS: '1000',
    FAKE_EVENTS: String(EVENTS),
    FAKE_EVENT_MILLISECONDS: String(EVENT_MILLISECONDS),
  });
  try {
    const input = { name: 'delivery', approval: 'automatic' };
    const { body } = await server.post('/api/v1/clusters', input);
    const delays: number[] = [];
    const follow = () =>
      server.follow(body.id, ({ type, data }) => {
        // The message of the fake stage begins with the time of its emission.
        if (type === 'terraform.log') delays.push(wallClock() - Number.parseFloat(data.message));
        return false;
      });
    await Promise.all(Array.from({ length: FOLLOWERS }, follow));
    if (delays.length !== FOLLOWERS * EVENTS) {
      throw new Error(`${delays.length} events arrived, not ${FOLLOWERS * EVENTS}`);
    }
    const sorted = delays.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return { p50: at(0.5), p99: at(0.99), most: at(1) };
  } finally {
    await server.destroy();
  }
}

/** Of two processes on one machine, finer than whole milliseconds. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

async function timeCli(server: ServerProcess, runs: number): Promise<HttpSpeed['cli']> {
  if (!existsSync(CLI)) return null;
  const time = async (...args: string[]) => {
    const started = performance.now();
    await promisify(execFile)(process.execPath, [CLI, ...args], {
      env: { PATH: process.env.PATH ?? '', HOME: server.dataDirectory, HATHI_URL: server.url },
    });
    return performance.now() - started;
  };
  const times = { version: [] as number[], list: [] as number[] };
  for (let round = 0; round < runs; round++) {
    times.version.push(await time('--version'));
    times.list.push(await time('cluster', 'list'));
  }
  return times;
}
