// Longer than other files: one row of the table for each target.
import type { ExpertRun } from './expert.ts';
import type { KilledPostgres } from './failover.ts';
import type { PathRun, Times } from './hathi.ts';
import type { HttpSpeed, Rates } from './http.ts';
import type { KilledMachine } from './machine-failover.ts';
import type { Memory } from './memory.ts';
import type { ObserverCost } from './observer.ts';
import { median, ratioOf, spread } from './statistics.ts';
import { breakdown, type Row, table } from './tables.ts';

/** The measurements in order. A part that failed or was not requested is missing. */
export interface Round {
  expert?: ExpertRun;
  three?: PathRun;
  again?: { seconds: number; changed: number; parts: Times };
  nine?: PathRun;
  expertNine?: ExpertRun;
  /** Processes that wanted to run when the round began. */
  load: number | null;
}

export interface Measured {
  began: Date;
  minutes: number;
  machine: [string, string][];
  rounds: Round[];
  killed: KilledPostgres | null;
  machines: readonly KilledMachine[];
  observer: ObserverCost | null;
  memory: Memory | null;
  http: HttpSpeed | null;
  failures: string[];
}

const TARGETS = {
  expert: 1.5,
  expertAim: 1,
  nine: 2,
  againSeconds: 4,
  killedSeconds: 2,
  machineMedianSeconds: 2,
  machineP95Seconds: 4,
  observerCores: 0.5,
  observerMebibytes: 300,
  metricsMs: 100,
  historyMebibytes: 20,
  oneRate: 0.7,
  listRate: 0.5,
  deliveryMs: 50,
  versionMs: 150,
  clusterListMs: 300,
};

function collect<Value>(rounds: readonly Round[], pick: (round: Round) => Value | undefined) {
  return rounds.map(pick).filter((value) => value !== undefined);
}

interface Run {
  seconds: number;
}

/** Seconds of two runs, of those rounds in which both went well. */
function pairs(rounds: readonly Round[], pick: (round: Round) => (Run | undefined)[]) {
  return rounds.flatMap((round) => {
    const [above, below] = pick(round);
    return above && below ? [[above.seconds, below.seconds] as const] : [];
  });
}

const verdict = (met: boolean) => (met ? 'met' : '**not met**');

function targetRows({ rounds, killed, machines, observer, memory, http }: Measured): Row[] {
  const rows: Row[] = [];
  const expert = ratioOf(pairs(rounds, ({ three, expert }) => [three, expert]));
  if (expert) {
    rows.push([
      `1+2 from POST to proven, against the expert's script`,
      `at most ${TARGETS.expert}, aim ${TARGETS.expertAim.toFixed(1)} times`,
      `${expert.ofMedians.toFixed(2)} times; by rounds ${spread(expert.pairs)}`,
      `${verdict(expert.ofMedians <= TARGETS.expert)}; aim ${verdict(expert.ofMedians <= TARGETS.expertAim)}`,
    ]);
  }
  const nine = ratioOf(pairs(rounds, ({ nine, three }) => [nine, three]));
  if (nine) {
    rows.push([
      '1+8 from POST to proven, against 1+2',
      `at most ${TARGETS.nine.toFixed(1)} times`,
      `${nine.ofMedians.toFixed(2)} times; by rounds ${spread(nine.pairs)}`,
      verdict(nine.ofMedians <= TARGETS.nine),
    ]);
  }
  const expertNine = ratioOf(pairs(rounds, ({ expertNine, expert }) => [expertNine, expert]));
  if (expertNine) {
    rows.push([
      `the expert's script for 1+8, against itself for 1+2`,
      'to compare',
      `${expertNine.ofMedians.toFixed(2)} times; by rounds ${spread(expertNine.pairs)}`,
      'no target',
    ]);
  }
  const again = collect(rounds, (round) => round.again);
  if (again.length > 0) {
    const seconds = again.map((run) => run.seconds);
    const changed = Math.max(...again.map((run) => run.changed));
    rows.push([
      'converging 3 nodes again, nothing to change',
      `at most ${TARGETS.againSeconds} s, changed=0`,
      `${spread(seconds)} s, changed=${changed}`,
      verdict(median(seconds) <= TARGETS.againSeconds && changed === 0),
    ]);
  }
  if (killed) rows.push(killedRow(killed));
  rows.push(...machines.map(machineRow));
  if (observer) rows.push(...observerRows(observer));
  if (memory) {
    const [asked, met] = ['to be measured', 'no target'];
    rows.push(['server at rest on PGlite', asked, `${spread(memory.pglite, 0)} MiB`, met]);
    rows.push(['server at rest on PostgreSQL', asked, `${spread(memory.postgres, 0)} MiB`, met]);
  }
  return http ? [...rows, ...httpRows(http)] : rows;
}

function killedRow({ guarded, unguarded }: KilledPostgres): Row {
  const ratio = median(guarded) / median(unguarded);
  return [
    'PostgreSQL killed on the primary: interruption of writes (`balanced`), against a stopped guard',
    `under ${TARGETS.killedSeconds} s`,
    `${spread(guarded)} s against ${spread(unguarded)} s; ${ratio.toFixed(2)} times`,
    verdict(median(guarded) < TARGETS.killedSeconds),
  ];
}

function machineRow({ writers, released, plain, lost, acknowledged }: KilledMachine): Row {
  const ratio = median(released) / median(plain);
  const p95 =
    released.toSorted((one, other) => one - other).at(Math.ceil(released.length * 0.95) - 1) ?? 0;
  const { machineMedianSeconds: most, machineP95Seconds: mostP95 } = TARGETS;
  return [
    `container of the primary killed, ${writers} writers: until the first row (\`balanced\`), against Patroni alone`,
    `median at most ${most} s, p95 at most ${mostP95} s`,
    `${spread(released)} s, p95 ${p95.toFixed(2)} s, against ${spread(plain)} s; ${ratio.toFixed(2)} times; ${lost} of ${acknowledged} acknowledged rows lost`,
    `median ${verdict(median(released) <= most)}, p95 ${verdict(p95 <= mostP95)}`,
  ];
}

function observerRows(cost: ObserverCost): Row[] {
  const { nodes, cores, mebibytes, metricsMilliseconds, historyBytesPerDay } = cost;
  const history = (historyBytesPerDay * 3) / 2 ** 20;
  return [
    [
      `observer of ${nodes} nodes, played at the port, with PGlite`,
      `at most ${TARGETS.observerCores} of a core, ${TARGETS.observerMebibytes} MiB`,
      `${cores.toFixed(2)} of a core, ${mebibytes.toFixed(0)} MiB`,
      `${verdict(cores <= TARGETS.observerCores)}; memory ${verdict(mebibytes <= TARGETS.observerMebibytes)}`,
    ],
    [
      `metrics of ${nodes} nodes`,
      `under ${TARGETS.metricsMs} ms`,
      `${metricsMilliseconds.toFixed(0)} ms`,
      verdict(metricsMilliseconds < TARGETS.metricsMs),
    ],
    [
      'history of three nodes for a day',
      `at most ${TARGETS.historyMebibytes} MiB`,
      `${history.toFixed(1)} MiB`,
      verdict(history <= TARGETS.historyMebibytes),
    ],
  ];
}

function httpRows({ one, list, delivery, cli }: HttpSpeed): Row[] {
  const rows = [
    ...rateRows('GET of a cluster', one, TARGETS.oneRate),
    ...rateRows('GET of 50 clusters', list, TARGETS.listRate),
  ];
  rows.push([
    "from a stage's event to 100 followers, p99",
    `under ${TARGETS.deliveryMs} ms`,
    `${delivery.p99.toFixed(1)} ms; p50 ${delivery.p50.toFixed(1)}, at most ${delivery.most.toFixed(1)}`,
    verdict(delivery.p99 < TARGETS.deliveryMs),
  ]);
  if (cli) {
    const times = [
      ['`hathi --version`', cli.version, TARGETS.versionMs],
      ['`hathi cluster list`, of 50', cli.list, TARGETS.clusterListMs],
    ] as const;
    for (const [what, milliseconds, target] of times) {
      const met = verdict(median(milliseconds) < target);
      rows.push([what, `under ${target} ms`, `${spread(milliseconds, 0)} ms`, met]);
    }
  }
  return rows;
}

/** Against a route that reads the same bytes from PostgreSQL, and against one that has them. */
function rateRows(what: string, { hathi, stored, constant, bytes }: Rates, target: number): Row[] {
  const of = (bare: number[]) => median(hathi) / median(bare);
  const rates = (bare: number[]) =>
    `${of(bare).toFixed(2)} times; ${spread(hathi, 0)} against ${spread(bare, 0)} a second`;
  return [
    [
      `${what}, ${bytes} bytes, against a bare route over PostgreSQL`,
      `at least ${target} times`,
      rates(stored),
      verdict(of(stored) >= target),
    ],
    [
      `${what}, against a bare route without a database`,
      `at least ${target} times`,
      rates(constant),
      verdict(of(constant) >= target),
    ],
  ];
}

function secondsRows(rounds: readonly Round[]): Row[] {
  const series: [string, number[]][] = [
    [`the expert's script, 1+2`, collect(rounds, ({ expert }) => expert?.seconds)],
    ['Hathi, 1+2', collect(rounds, ({ three }) => three?.seconds)],
    [`the expert's script, 1+8`, collect(rounds, ({ expertNine }) => expertNine?.seconds)],
    ['Hathi, 1+8', collect(rounds, ({ nine }) => nine?.seconds)],
    ['Hathi, 1+2 converging again', collect(rounds, ({ again }) => again?.seconds)],
  ];
  return series
    .filter(([, seconds]) => seconds.length > 0)
    .map(([name, seconds]) => [
      name,
      spread(seconds),
      seconds.map((value) => value.toFixed(1)).join(' '),
    ]);
}

function breakdowns(rounds: readonly Round[]): string[] {
  const section = (title: string, runs: Times[], seconds: number[]) =>
    runs.length === 0 ? [] : [`### ${title}`, breakdown(runs, median(seconds))];
  const ofPath = (name: string, runs: PathRun[]) => {
    const seconds = runs.map((run) => run.seconds);
    return [
      ...section(
        `${name}, by step`,
        runs.map(({ steps }) => steps),
        seconds,
      ),
      ...section(
        `${name}, within the steps`,
        runs.map(({ parts }) => parts),
        seconds,
      ),
    ];
  };
  const ofExpert = (title: string, runs: ExpertRun[]) =>
    section(
      title,
      runs.map(({ phases }) => phases),
      runs.map(({ seconds }) => seconds),
    );
  const again = collect(rounds, (round) => round.again);
  return [
    ...ofPath(
      'Hathi, 1+2',
      collect(rounds, ({ three }) => three),
    ),
    ...ofPath(
      'Hathi, 1+8',
      collect(rounds, ({ nine }) => nine),
    ),
    ...section(
      'Converging again',
      again.map(({ parts }) => parts),
      again.map(({ seconds }) => seconds),
    ),
    ...ofExpert(
      `The expert's script, 1+2`,
      collect(rounds, (round) => round.expert),
    ),
    ...ofExpert(
      `The expert's script, 1+8`,
      collect(rounds, (round) => round.expertNine),
    ),
  ];
}

/** RESULTS.md as a whole. */
export function results(measured: Measured): string {
  const { began, minutes, machine, rounds, failures } = measured;
  const loads = collect(rounds, ({ load }) => load ?? undefined);
  const facts: Row[] = [
    ['date', began.toISOString().slice(0, 10)],
    ['rounds', `${rounds.length}, in ${minutes.toFixed(1)} minutes`],
    ['load as a round began', spread(loads, 1)],
    ...machine,
  ];
  return `${[
    '# Measurements',
    '`make bench` writes this file; [README.md](README.md) describes the measurements. Figures are medians, with the smallest and the largest in brackets.',
    table(['', ''], facts),
    ...(failures.length > 0 ? [`**Failed, and left out:**\n\n- ${failures.join('\n- ')}`] : []),
    '## Targets',
    table(['what', 'target', 'measured', ''], targetRows(measured)),
    '## Seconds',
    table(['', 'median', 'each run'], secondsRows(rounds)),
    '## Where the time goes',
    'Tasks are those of the slowest node. A share is of the median of the whole.',
    ...breakdowns(rounds),
  ].join('\n\n')}\n`;
}
