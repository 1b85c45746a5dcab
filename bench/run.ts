/**
 * Measures, and writes RESULTS.md. What is compared is measured in turns, on nodes of one image.
 *
 *   node bench/run.ts [--runs 9] [--only expert|replicas|converge|failover|machine|observer|memory|http]...
 *
 * With --only, or with fewer rounds than nine, the tables are printed and RESULTS.md stays as it is: a
 * quick look must not replace a measurement.
 */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ServerProcess } from '../test/support/server-process.ts';
import { runExpert } from './expert.ts';
import { type KilledPostgres, measureKilledPostgres } from './failover.ts';
import { runAgain, runPath } from './hathi.ts';
import { type HttpSpeed, measureHttp } from './http.ts';
import { describeMachine, halt, loadAverage, run, setAside, sweep } from './machine.ts';
import { type KilledMachine, measureKilledMachine } from './machine-failover.ts';
import { type Memory, measureMemory } from './memory.ts';
import type { ObserverCost } from './observer.ts';
import { type Measured, type Round, results } from './results.ts';

const PARTS = [
  'expert',
  'replicas',
  'converge',
  'failover',
  'machine',
  'observer',
  'memory',
  'http',
] as const;
const WRITERS = [1, 4];
/** Nodes of the observer that are played. */
const OBSERVED_NODES = 1_000;
/** Memory hardly varies from start to start. */
const MOST_MEMORY_RUNS = 3;
/** Each takes five seconds for each of three servers, twice. */
const MOST_HTTP_RUNS = 3;
/** The first build makes a Debian; it is not part of what is measured. */
const IMAGE_SECONDS = 1800;
const OBSERVER_SECONDS = 300;
const NODES = 3;
const MANY_NODES = 9;
const FULL_RUNS = 9;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: String(FULL_RUNS) },
    only: { type: 'string', multiple: true },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) fail(`--runs ${values.runs}: a whole number from 1`);
const only = values.only ?? PARTS;
const unknown = only.find((part) => !(PARTS as readonly string[]).includes(part));
if (unknown !== undefined) fail(`--only ${unknown}: one of ${PARTS.join(', ')}`);
const asked = (...parts: (typeof PARTS)[number][]) => parts.some((part) => only.includes(part));

const began = new Date();
const failures: string[] = [];
const sites: string[] = [];
/** Of nodes that are gone. */
const volumes: string[] = [];
let serving: ServerProcess | null = null;

const image = (
  await run(join(import.meta.dirname, '../images/node/build.sh'), [], IMAGE_SECONDS)
).trim();
const rounds: Round[] = [];
let killed: KilledPostgres | null = null;
const machines: KilledMachine[] = [];
let observer: ObserverCost | null = null;
let memory: Memory | null = null;
let http: HttpSpeed | null = null;
// A closed output must not prevent the removal of the clusters.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The embedded PostgreSQL's package ends the process at once, and so before anything is removed.
  process.removeAllListeners(signal);
  process.once(signal, () => void giveUp());
}
try {
  if (asked('expert', 'replicas', 'converge')) await measureRounds();
  if (asked('failover')) killed = await measureKilledPostgres(runs);
  if (asked('machine')) {
    for (const writers of WRITERS) machines.push(await measureKilledMachine(runs, writers));
  }
  if (asked('observer')) observer = await measureObserverApart();
  if (asked('memory')) memory = await measureMemory(Math.min(runs, MOST_MEMORY_RUNS));
  if (asked('http')) http = await measureHttp(Math.min(runs, MOST_HTTP_RUNS));
} finally {
  await sweep(sites, volumes);
}
const machine = await describeMachine(image);
const minutes = (Date.now() - began.getTime()) / 60_000;
const measured: Measured = {
  began,
  minutes,
  machine,
  rounds,
  killed,
  machines,
  observer,
  memory,
  http,
  failures,
};
if (values.only || runs < FULL_RUNS) console.log(results(measured));
else await writeFile(join(import.meta.dirname, 'RESULTS.md'), results(measured));
if (failures.length > 0) fail(failures.join('\n'));

/** In a process of its own: this one has the memory of the measurements before. */
async function measureObserverApart(): Promise<ObserverCost> {
  const program = join(import.meta.dirname, 'observer.ts');
  const printed = await run(
    process.execPath,
    ['--expose-gc', program, String(OBSERVED_NODES)],
    OBSERVER_SECONDS,
  );
  return JSON.parse(printed) as ObserverCost;
}

async function measureRounds(): Promise<void> {
  const server = await ServerProcess.start();
  serving = server;
  try {
    // Known before the first node is created, so that nothing is left after a failure.
    sites.push((await readFile(join(server.dataDirectory, 'site'), 'utf8')).trim());
    for (let number = 1; number <= runs; number++) {
      const round: Round = { load: await loadAverage() };
      rounds.push(round);
      const few = [() => expertTurn(round, number), () => threeTurn(server, round, number)];
      const many = [() => expertNineTurn(round, number), () => nineTurn(server, round, number)];
      // The second one finds warmer caches, so they start alternately.
      for (const turns of [few, many]) {
        for (const turn of number % 2 === 1 ? turns : turns.toReversed()) {
          await turn();
          await halt(sites);
        }
      }
      volumes.push(...(await setAside(sites)));
    }
  } finally {
    await server.destroy();
  }
}

/** A site for each, so that two stand side by side until the round is over. */
function newSite(): string {
  const site = randomBytes(3).toString('hex');
  sites.push(site);
  return site;
}

async function expertTurn(round: Round, number: number): Promise<void> {
  if (!asked('expert')) return;
  await attempt(`round ${number}, the expert's script`, async () => {
    round.expert = await runExpert(newSite(), image, NODES);
    return round.expert.seconds;
  });
}

async function expertNineTurn(round: Round, number: number): Promise<void> {
  if (!asked('replicas')) return;
  await attempt(`round ${number}, the expert's script for 1+8`, async () => {
    round.expertNine = await runExpert(newSite(), image, MANY_NODES);
    return round.expertNine.seconds;
  });
}

async function threeTurn(server: ServerProcess, round: Round, number: number): Promise<void> {
  const cluster = `three-${number}`;
  await attempt(`round ${number}, 1+2`, async () => {
    round.three = await runPath(server, cluster, NODES - 1);
    return round.three.seconds;
  });
  if (asked('converge') && round.three) {
    await attempt(`round ${number}, converging again`, async () => {
      round.again = await runAgain(server, cluster);
      return round.again.seconds;
    });
  }
}

async function nineTurn(server: ServerProcess, round: Round, number: number): Promise<void> {
  if (!asked('replicas')) return;
  const cluster = `nine-${number}`;
  await attempt(`round ${number}, 1+8`, async () => {
    round.nine = await runPath(server, cluster, MANY_NODES - 1);
    return round.nine.seconds;
  });
}

/** A failed run is reported and left out; the others continue. */
async function attempt(what: string, measure: () => Promise<number>): Promise<void> {
  try {
    console.log(`${what}: ${(await measure()).toFixed(2)} s`);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, 600);
    console.error(`${what} failed: ${reason}`);
    failures.push(`${what}: ${reason.replace(/\s+/g, ' ')}`);
  }
}

/** What was under way may still make a node after the first sweep. */
async function giveUp(): Promise<never> {
  await serving?.destroy().catch(() => {});
  await sweep(sites, volumes).catch((error) => console.error(error));
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  await sweep(sites, volumes).catch((error) => console.error(error));
  process.exit(130);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
