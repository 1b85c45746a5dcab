/**
 * A worker as a separate process, with stages that tests can hold: a stage waits until the file
 * `<folder>/release-<key>` exists before its child runs. The key is the stage's name, followed by
 * `@<node>` where the stage has a node.
 *
 * node test/support/engine-process.ts DATABASE_URL FOLDER WORKER_ID LEASE_SECONDS
 *
 *   DIE_AT_START=yes   it dies by SIGKILL when a child is started, before that is recorded
 */
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { openPostgres } from '../../src/adapters/database/postgres.ts';
import { SqlUnitOfWork } from '../../src/adapters/database/sql-unit-of-work.ts';
import { createPrometheusMetrics } from '../../src/adapters/metrics/prometheus.ts';
import { processes } from '../../src/adapters/process/processes.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { createFileWorkspace } from '../../src/adapters/workspace/file-workspace.ts';
import { HathiError } from '../../src/core/errors.ts';
import { STEPS } from '../../src/core/operation/steps.ts';
import { startWorker } from '../../src/engine/worker.ts';
import type { DetachedCommand } from '../../src/ports/processes.ts';
import type { Stage, StageContext } from '../../src/ports/stage.ts';
import { testStage } from './test-stages.ts';

const [url, folder, workerId, leaseSeconds] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
];

/** Writes to `applied` what a stage did to the world, once each time that it really did it. */
function workStage(name: string): Stage {
  const run = async (context: StageContext) => {
    const key = context.node === null ? name : `${name}@${context.node}`;
    await context.emit({ type: 'node.ready', data: { node: workerId } });
    appendFileSync(join(folder, 'entered'), `${workerId} ${key}\n`);
    await until(() => existsSync(join(folder, `release-${key}`)), context.signal);
    const result = await context.children.run(
      {
        name: 'work',
        command: '/bin/sh',
        args: [join(folder, 'work.sh'), key, workerId],
        cwd: folder,
        env: { PATH: '/usr/bin:/bin' },
        silenceSeconds: 60,
      },
      {
        onLines: (lines) =>
          lines.map((message) => ({ type: 'terraform.log', data: { level: 'info', message } })),
      },
    );
    if (result.cancelled) throw new HathiError('OPERATION_CANCELLED', `${name} was cancelled.`);
    return { exit_code: result.exitCode };
  };
  const never = name === 'apply-terraform' || name === 'destroy-terraform';
  return testStage(
    never
      ? { name, afterCrash: 'recover', run, recover: run }
      : { name, afterCrash: 'run-again', run },
  );
}

async function until(condition: () => boolean, signal: AbortSignal): Promise<void> {
  while (!condition()) {
    signal.throwIfAborted();
    await systemClock.sleep(20);
  }
}

/** At once: nothing that the worker would do next is done. */
function startAndDie(command: DetachedCommand): number {
  const pid = processes.startDetached(command);
  process.kill(process.pid, 'SIGKILL');
  return pid;
}

const database = await openPostgres(url);
const stages = [...STEPS, 'restart-node'].map(workStage);
await startWorker(
  {
    unitOfWork: new SqlUnitOfWork(database.db),
    wakeups: database.wakeups,
    clock: systemClock,
    leases: database.leases,
    leaseSeconds: Number(leaseSeconds),
    stages,
    processes: process.env.DIE_AT_START ? { ...processes, startDetached: startAndDie } : processes,
    workspace: createFileWorkspace(folder),
    log: console,
    metrics: createPrometheusMetrics('test'),
  },
  { identity: { id: workerId, site: 'abc123' }, concurrency: 2 },
);
console.log('ready');
