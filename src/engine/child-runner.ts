import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HathiError } from '../core/errors.ts';
import type { StageRecord } from '../core/operation/operation.ts';
import type {
  ChildCommand,
  ChildHandlers,
  ChildResult,
  ChildRunner,
} from '../ports/child-runner.ts';
import type { Clock } from '../ports/clock.ts';
import type { Processes } from '../ports/processes.ts';
import type { Stage } from '../ports/stage.ts';
import type { ChildRecord } from '../ports/stores.ts';
import { escalate, hasLeftovers, type Ladder } from './cancel-ladder.ts';
import { exitText, readExitCode, readOn, replay } from './child-output.ts';
import type { StageEngine } from './stage-engine.ts';

const TICK_MILLISECONDS = 100;
/**
 * `onTick` can read files and write to the database, so it is called less often than the output is
 * read.
 */
const TICKS_PER_ON_TICK = 3;
/** Exit code with which shells report death by SIGKILL. Used if the program left no exit code. */
const KILLED_EXIT_CODE = 137;
/** Written by the supervisor if the lease had expired before the start of the program. */
const NOT_STARTED_EXIT_CODE = 75;

export interface ChildRunnerTools {
  processes: Processes;
  clock: Clock;
  engine: StageEngine;
  stage: Pick<StageRecord, 'name' | 'position'>;
  afterCrash: Stage['afterCrash'];
  /** Folder of the operation. Each child gets a folder below it. */
  operationFolder: string;
}

export function createChildRunner(tools: ChildRunnerTools): ChildRunner {
  return {
    run: (command, handlers = {}) => runChild(tools, command, handlers),
    async find(name) {
      const record = await findChild(tools, name);
      if (!record) return null;
      return { record, alive: await lives(tools.processes, record) };
    },
    async forget(name) {
      await tools.engine.write(({ operations }) =>
        operations.forgetChild(tools.engine.lease.operationId, tools.stage.position, name),
      );
    },
  };
}

/**
 * Returns whether any process of the child still runs. A killed supervisor leaves its program
 * running. The child has ended only if there is an exit code, or if its whole group has ended.
 */
async function lives(
  processes: Processes,
  { pid, pid_started, folder }: ChildRecord,
): Promise<boolean> {
  if (pid === null) return false;
  if (await processes.isAlive(pid, pid_started)) return true;
  if ((await readExitCode(folder)) !== null) return false;
  return await processes.isOrphanedGroupAlive(pid);
}

async function runChild(
  tools: ChildRunnerTools,
  command: ChildCommand,
  handlers: ChildHandlers,
): Promise<ChildResult> {
  const earlier = await findChild(tools, command.name);
  const record = earlier ? await takeUp(tools, earlier, command) : await start(tools, command);
  replay(record, eventsPathOf(record, command), handlers);
  return await watch(tools, command, handlers, record);
}

/**
 * Returns the recorded child. If the server died before it recorded the pid, finds and records it.
 */
async function findChild(
  { engine, stage, processes }: ChildRunnerTools,
  name: string,
): Promise<ChildRecord | null> {
  const record = await engine.child(stage.position, name);
  if (!record || record.pid !== null) return record;
  const running = await processes.findDetached(record.folder);
  if (running === null) return record;
  const found = { ...record, pid: running.pid, pid_started: running.started };
  await engine.write(({ operations }) => operations.saveChild(found));
  return found;
}

/** Returns the child of an earlier attempt, or starts the command again if that is safe. */
async function takeUp(
  tools: ChildRunnerTools,
  earlier: ChildRecord,
  command: ChildCommand,
): Promise<ChildRecord> {
  const ended = await readExitCode(earlier.folder);
  if (ended === NOT_STARTED_EXIT_CODE && !existsSync(join(earlier.folder, 'stdout'))) {
    return await start(tools, command);
  }
  if (ended !== null || (await lives(tools.processes, earlier))) return earlier;
  if (earlier.pid === null && !existsSync(join(earlier.folder, 'stdout'))) {
    // Two cases have no recorded pid. If the server died before the start, nothing ran. If only the
    // record of the start was lost, the output files exist, because the supervisor opens them
    // first.
    return await start(tools, command);
  }
  if (tools.afterCrash === 'run-again') return await start(tools, command);
  throw new HathiError(
    'OPERATION_INTERRUPTED',
    `${command.name} was cut off: its process is gone and left no exit code.`,
    { child: command.name, pid: earlier.pid },
  );
}

async function start(tools: ChildRunnerTools, command: ChildCommand): Promise<ChildRecord> {
  const { engine, stage, processes } = tools;
  if (engine.cancelLevel() > 0) {
    throw new HathiError('OPERATION_CANCELLED', `${command.name} was cancelled before it began.`);
  }
  const stageFolder = join(tools.operationFolder, `${stage.position}-${stage.name}`);
  const folder = join(stageFolder, `${command.name}.${engine.lease.attempt}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const record: ChildRecord = {
    operation_id: engine.lease.operationId,
    position: stage.position,
    name: command.name,
    attempt: engine.lease.attempt,
    folder,
    pid: null,
    pid_started: null,
    stdout_offset: 0,
    exit_code: null,
  };
  // The intent is written under the lease. A worker that was paused until its lease was lost stops
  // here.
  await engine.write(({ operations }) => operations.saveChild(record));
  const lost = await engine.ended();
  if (lost) throw lost;
  engine.signal.throwIfAborted();
  const pid = processes.startDetached({
    command: command.command,
    args: command.args,
    cwd: command.cwd,
    env: command.env,
    folder,
    startBefore: engine.mayStartUntil(),
  });
  const started = { ...record, pid, pid_started: await processes.started(pid) };
  await engine.write(({ operations }) => operations.saveChild(started));
  return started;
}

async function watch(
  tools: ChildRunnerTools,
  command: ChildCommand,
  handlers: ChildHandlers,
  child: ChildRecord,
): Promise<ChildResult> {
  const { engine, clock, processes } = tools;
  const record = { ...child };
  const eventsPath = eventsPathOf(record, command);
  const ladder: Ladder = { sent: 0, endedAt: null };
  let lastProgress = clock.now().getTime();
  for (let tick = 0; ; tick++) {
    const alive = (await lives(processes, record)) || (await hasLeftovers(tools, ladder, record));
    if (await readOn(tools, record, eventsPath, handlers, !alive)) {
      lastProgress = clock.now().getTime();
    }
    if (tick % TICKS_PER_ON_TICK === 0 || !alive) await handlers.onTick?.();
    if (!alive) break;
    const ended = await engine.ended();
    if (ended) {
      // A server that shuts down leaves its children to the next server.
      if (!engine.shutDown() && record.pid !== null) processes.signalGroup(record.pid, 'SIGINT');
      throw ended;
    }
    escalate(processes, engine.cancelLevel(), ladder, record);
    const silentSeconds = (clock.now().getTime() - lastProgress) / 1000;
    if (silentSeconds > command.silenceSeconds) stopSilent(command, record, processes);
    await clock.sleep(TICK_MILLISECONDS);
  }
  return await finish(tools, command, record, ladder.sent);
}

function eventsPathOf(record: ChildRecord, command: ChildCommand): string {
  return join(record.folder, command.eventsFile ?? 'stdout');
}

function stopSilent(command: ChildCommand, record: ChildRecord, processes: Processes): never {
  if (record.pid !== null) processes.signalGroup(record.pid, 'SIGTERM');
  throw new HathiError(
    'DEADLINE_EXCEEDED',
    `${command.name} said nothing for ${command.silenceSeconds} s and was stopped.`,
    { child: command.name, silence_seconds: command.silenceSeconds },
  );
}

async function finish(
  { engine }: ChildRunnerTools,
  command: ChildCommand,
  record: ChildRecord,
  sent: 0 | 1 | 2,
): Promise<ChildResult> {
  let exitCode = await readExitCode(record.folder);
  if (exitCode === null && sent === 2) exitCode = KILLED_EXIT_CODE;
  if (exitCode === null) {
    throw new HathiError(
      'OPERATION_INTERRUPTED',
      `${command.name} ended without an exit code: the supervisor that records it was killed.`,
      { child: command.name, pid: record.pid },
    );
  }
  if (exitCode === NOT_STARTED_EXIT_CODE && !existsSync(join(record.folder, 'stdout'))) {
    throw new HathiError('LEASE_LOST', `${command.name} was not started: the lease had run out.`);
  }
  const ended = { ...record, exit_code: exitCode };
  await engine.write(({ operations }) => operations.saveChild(ended));
  return {
    exitCode,
    cancelled: sent > 0 && exitCode !== 0,
    diskWasFull: (await exitText(record.folder))?.includes('full') ?? false,
    stdoutPath: join(record.folder, 'stdout'),
    stderrPath: join(record.folder, 'stderr'),
  };
}
