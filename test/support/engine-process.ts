/**
 * A worker as a process of its own, with stages that tests can hold still: a stage named in HOLD
 * waits until the file `<folder>/release-<stage>` is there, before and after its child runs.
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
import { STAGE_NAMES, type StageName } from '../../src/core/operation/operation-kinds.ts';
import type { DetachedCommand } from '../../src/ports/processes.ts';
import type { Stage } from '../../src/ports/stage.ts';
import { startWorker } from '../../src/worker/worker.ts';

const [url, folder, workerId, leaseSeconds] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
];

/** Writes to `applied` what a stage did to the world, once each time that it really did it. */
function testStage(name: StageName): Stage {
  const run: Stage['run'] = async (context) => {
    await context.emit({ type: 'test.entered', data: { worker: workerId } });
    appendFileSync(join(folder, 'entered'), `${workerId} ${name}\n`);
    await until(() => existsSync(join(folder, `release-${name}`)), context.signal);
    const result = await context.children.run(
      {
        name: 'work',
        command: '/bin/sh',
        args: [join(folder, 'work.sh'), name, workerId],
        cwd: folder,
        env: { PATH: '/usr/bin:/bin' },
        silenceSeconds: 60,
      },
      {
        onLines: (lines) =>
          lines.map((line) => ({ type: 'test.line', stage: name, data: { line } })),
      },
    );
    if (result.cancelled) throw new HathiError('OPERATION_CANCELLED', `${name} was cancelled.`);
    return { exit_code: result.exitCode };
  };
  return { name, run, recover: run };
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
const stages = Object.fromEntries(STAGE_NAMES.map((name) => [name, testStage(name)]));
await startWorker(
  {
    unitOfWork: new SqlUnitOfWork(database.db),
    wakeups: database.wakeups,
    clock: systemClock,
    leases: database.leases,
    leaseSeconds: Number(leaseSeconds),
    stages: stages as Record<StageName, Stage>,
    processes: process.env.DIE_AT_START ? { ...processes, startDetached: startAndDie } : processes,
    workspace: createFileWorkspace(folder),
    log: console,
    metrics: createPrometheusMetrics('test'),
  },
  { identity: { id: workerId, site: 'abc123' }, concurrency: 2 },
);
console.log('ready');
