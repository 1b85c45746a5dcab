import { asDiskFull } from '../core/disk-full.ts';
import { type HathiError, isHathiError } from '../core/errors.ts';
import type {
  Operation,
  OperationState,
  StageState,
  StoredError,
} from '../core/operation/operation.ts';
import {
  STAGE_THAT_NEEDS_APPROVAL,
  STAGES_NOT_REPEATED,
  type StageName,
} from '../core/operation/operation-kinds.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Processes } from '../ports/processes.ts';
import type { Stage, StageContext } from '../ports/stage.ts';
import type { ClaimedOperation } from '../ports/stores.ts';
import type { Workspace } from '../ports/workspace.ts';
import { createChildRunner } from './child-runner.ts';
import { type EngineTools, StageEngine } from './stage-engine.ts';

export interface RunTools extends EngineTools {
  stages: Readonly<Record<StageName, Stage>>;
  processes: Processes;
  workspace: Workspace;
  log: Log;
  metrics: Pick<Metrics, 'operationEnded' | 'stageEnded'>;
}

/**
 * Runs the stages of a claimed operation that are not done yet, each under the lease. Ends quietly
 * when the lease is lost: whoever holds it then goes on.
 */
export async function runOperation(
  tools: RunTools,
  claimed: ClaimedOperation,
  shutDown: AbortSignal,
): Promise<void> {
  const { lease, operation, resumedStage } = claimed;
  const engine = new StageEngine(tools, lease, operation.cancel_level);
  const done = new AbortController();
  const stop = () => engine.stop();
  shutDown.addEventListener('abort', stop);
  const keeper = engine.keepLease(done.signal);
  const facts = factsOf(operation, lease.attempt);
  tools.log.info({ ...facts, resumed_stage: resumedStage }, 'operation taken up');
  try {
    await engine.record([
      {
        type: 'operation.running',
        stage: null,
        data: { attempt: lease.attempt, resumed_stage: resumedStage },
      },
    ]);
    await runStages(tools, engine, operation, resumedStage);
  } catch (error) {
    // Not even the failure could be stored: the operation is taken up again when its lease is over.
    if (!isLeftToNext(error) && !isHathiError(error, 'DISK_FULL')) throw error;
    tools.log.warn(facts, error.message);
  } finally {
    shutDown.removeEventListener('abort', stop);
    done.abort();
    await keeper;
  }
}

async function runStages(
  tools: RunTools,
  engine: StageEngine,
  operation: Operation,
  resumedStage: StageName | null,
): Promise<void> {
  const outcomes = new Map(
    operation.stages
      .filter(({ state }) => state === 'succeeded')
      .map(({ name, outcome }) => [name, outcome ?? {}]),
  );
  for (const { name } of operation.stages) {
    if (outcomes.has(name)) continue;
    if (engine.cancelLevel() > 0 && name !== resumedStage) {
      await endOperation(engine, operation, 'cancelled', null);
      tellEnd(tools, operation, engine.lease.attempt, 'cancelled');
      return;
    }
    if (name === STAGE_THAT_NEEDS_APPROVAL && operation.approval === 'manual') {
      await endOperation(engine, operation, 'awaiting-approval', null);
      tools.log.info(factsOf(operation, engine.lease.attempt), 'operation awaits approval');
      return;
    }
    const isLast = name === operation.stages.at(-1)?.name;
    const began = tools.clock.now().getTime();
    await begin(engine, operation, name);
    const facts = { ...factsOf(operation, engine.lease.attempt), stage: name };
    tools.log.info(facts, 'stage started');
    try {
      const stage = tools.stages[name];
      const context = await stageContext(tools, engine, operation, name, outcomes);
      const recovers = name === resumedStage && STAGES_NOT_REPEATED.includes(name);
      const run = recovers && stage.recover ? stage.recover : stage.run;
      const outcome = await run.call(stage, context);
      outcomes.set(name, outcome);
      const seconds = (tools.clock.now().getTime() - began) / 1000;
      await succeed(engine, operation, name, outcome, seconds, isLast);
      tools.metrics.stageEnded(name, 'succeeded', seconds);
      tools.log.info({ ...facts, seconds }, 'stage succeeded');
      if (isLast) tellEnd(tools, operation, engine.lease.attempt, 'succeeded');
    } catch (error) {
      if (isLeftToNext(error)) throw error;
      const ending = await fail(tools, engine, operation, name, error);
      const seconds = (tools.clock.now().getTime() - began) / 1000;
      tools.metrics.stageEnded(name, ending, seconds);
      const { code } = storedError(operation, error);
      tools.log.warn({ ...facts, seconds, code }, `stage ${ending}`);
      tellEnd(tools, operation, engine.lease.attempt, ending);
      return;
    }
  }
}

/** What every log line of an operation has, so that a search for it finds them all. */
function factsOf({ id, kind, cluster_name }: Operation, attempt: number) {
  return { operation: id, kind, cluster: cluster_name, attempt };
}

function tellEnd(
  tools: RunTools,
  operation: Operation,
  attempt: number,
  outcome: OperationState,
): void {
  tools.metrics.operationEnded(operation.kind, outcome);
  tools.log.info(factsOf(operation, attempt), `operation ${outcome}`);
}

/**
 * A lost lease, or a database that went away: nothing can or may be written, children live on, and
 * the operation is taken up again once its lease has run out.
 */
function isLeftToNext(error: unknown): error is HathiError {
  return isHathiError(error, 'LEASE_LOST', 'DATABASE_UNAVAILABLE');
}

async function begin(engine: StageEngine, operation: Operation, name: StageName): Promise<void> {
  const { attempt } = engine.lease;
  await engine.write(async ({ operations }) => {
    await operations.setStage(operation.id, name, attempt, { state: 'running' });
    await operations.appendEvents(operation.id, attempt, [
      { type: 'stage.started', stage: name, data: { attempt } },
    ]);
  });
  await engine.announce();
}

async function succeed(
  engine: StageEngine,
  operation: Operation,
  name: StageName,
  outcome: Record<string, unknown>,
  seconds: number,
  isLast: boolean,
): Promise<void> {
  const { attempt } = engine.lease;
  const masked = engine.mask.apply(outcome);
  await engine.write(async ({ operations }) => {
    await operations.setStage(operation.id, name, attempt, { state: 'succeeded', outcome: masked });
    const event = { type: 'stage.succeeded', stage: name, data: { seconds } };
    await operations.appendEvents(operation.id, attempt, [event]);
    if (!isLast) return;
    await operations.setState(operation.id, 'succeeded');
    await operations.appendEvents(operation.id, attempt, [
      { type: 'operation.succeeded', stage: null, data: {} },
    ]);
  });
  await engine.announce();
}

async function fail(
  tools: RunTools,
  engine: StageEngine,
  operation: Operation,
  name: StageName,
  error: unknown,
): Promise<StageState & OperationState> {
  const stored = engine.mask.apply(storedError(operation, error));
  if (stored.code === 'INTERNAL') tellDefect(tools, engine, operation, name, error);
  const ending = endingOf(engine, error);
  const { attempt } = engine.lease;
  await engine.write(async ({ operations }) => {
    await operations.setStage(operation.id, name, attempt, { state: ending, error: stored });
    await operations.appendEvents(operation.id, attempt, [
      { type: `stage.${ending}`, stage: name, data: { error: stored } },
    ]);
    await operations.setState(operation.id, ending, stored);
    await operations.appendEvents(operation.id, attempt, [
      { type: `operation.${ending}`, stage: null, data: { error: stored } },
    ]);
  });
  await engine.announce();
  return ending;
}

function endingOf(engine: StageEngine, error: unknown): StageState & OperationState {
  // What a stage left half done must be said even when someone also asked it to stop.
  if (isHathiError(error, 'OPERATION_INTERRUPTED')) return 'interrupted';
  return engine.cancelLevel() > 0 ? 'cancelled' : 'failed';
}

function storedError(operation: Operation, error: unknown): StoredError {
  const known = isHathiError(error) ? error : asDiskFull(error);
  if (known) return { code: known.code, message: known.message, details: known.details };
  return {
    code: 'INTERNAL',
    message: 'Hathi has a defect here; the log of the server has the details.',
    details: { operation: operation.id },
  };
}

/** The one place that keeps where in the code a defect is; what a tool said may hold secrets. */
function tellDefect(
  tools: RunTools,
  { lease, mask }: StageEngine,
  operation: Operation,
  stage: StageName,
  error: unknown,
): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const err = mask.apply({ type: name, message, stack });
  tools.log.error({ ...factsOf(operation, lease.attempt), stage, err }, 'stage ended by a defect');
}

async function endOperation(
  engine: StageEngine,
  operation: Operation,
  state: 'cancelled' | 'awaiting-approval',
  error: StoredError | null,
): Promise<void> {
  await engine.write(async ({ operations }) => {
    // A cancellation that came between the claim and here goes through `cancelling` all the same.
    const now = await operations.get(operation.id);
    if (state === 'cancelled' && now.state === 'running') {
      await operations.setState(operation.id, 'cancelling');
    }
    await operations.setState(operation.id, state, error);
    await operations.appendEvents(operation.id, engine.lease.attempt, [
      { type: `operation.${state}`, stage: null, data: {} },
    ]);
  });
  await engine.announce();
}

async function stageContext(
  tools: RunTools,
  engine: StageEngine,
  operation: Operation,
  stage: StageName,
  outcomes: ReadonlyMap<StageName, Record<string, unknown>>,
): Promise<StageContext> {
  return {
    operation,
    lease: engine.lease,
    cluster: await tools.unitOfWork.direct.clusters.get(operation.cluster_id),
    signal: engine.signal,
    children: createChildRunner({
      processes: tools.processes,
      clock: tools.clock,
      engine,
      stage,
      operationFolder: tools.workspace.operationFolder(operation.id),
    }),
    write: (work) => engine.write(work),
    read: tools.unitOfWork.direct,
    emit: (...events) => engine.record(events.map((event) => ({ ...event, stage }))),
    addSecret: (value) => engine.mask.add(value),
    outcomeOf: (name) => outcomes.get(name) ?? null,
  };
}
