import { asDiskFull } from '../core/disk-full.ts';
import { HathiError, isHathiError } from '../core/errors.ts';
import { operationEvent, type StageEvent, type StoredError } from '../core/operation/event.ts';
import type { OperationRecord, StageRecord } from '../core/operation/operation.ts';
import type { OperationState } from '../core/operation/operation-state.ts';
import type { ClaimedOperation } from '../ports/stores.ts';
import { eventsOfStage } from './child-output.ts';
import { type Run, type RunTools, stageContext } from './stage-context.ts';
import { StageEngine } from './stage-engine.ts';

/**
 * Runs the remaining stages of a claimed operation, each under the lease. Returns without an error
 * if the lease is lost: the next worker continues.
 */
export async function runOperation(
  tools: RunTools,
  claimed: ClaimedOperation,
  shutDown: AbortSignal,
): Promise<void> {
  const { lease, operation, resumedPosition } = claimed;
  const engine = new StageEngine(tools, lease, operation.cancel_level);
  const done = new AbortController();
  const stop = () => engine.stop();
  shutDown.addEventListener('abort', stop);
  const keeper = engine.keepLease(done.signal);
  const facts = factsOf(operation, lease.attempt);
  const resumed = operation.stages.find(({ position }) => position === resumedPosition);
  const resumed_stage = resumed?.name ?? null;
  tools.log.info({ ...facts, resumed_stage }, 'operation claimed');
  try {
    await engine.record([
      operationEvent('operation.running', { attempt: lease.attempt, resumed_stage }),
    ]);
    await runStages(tools, { engine, operation, stages: operation.stages, resumedPosition });
  } catch (error) {
    // The failure could not be stored either. Another worker claims the operation when its lease
    // ends.
    if (!isLeftToNext(error) && !isHathiError(error, 'DISK_FULL')) throw error;
    tools.log.warn(facts, error.message);
  } finally {
    shutDown.removeEventListener('abort', stop);
    done.abort();
    await keeper;
  }
}

async function runStages(tools: RunTools, run: Run): Promise<void> {
  const { engine, operation } = run;
  const facts = factsOf(operation, engine.lease.attempt);
  for (;;) {
    const record = run.stages.find(({ state }) => state !== 'succeeded');
    if (!record) return;
    const isResumed = record.position === run.resumedPosition;
    if (engine.cancelLevel() > 0 && !isResumed) {
      await endOperation(engine, operation, 'cancelled');
      return reportEnd(tools, run, 'cancelled');
    }
    if (!isResumed && (await waits(tools, run, record))) return;
    const began = tools.clock.now().getTime();
    await begin(run, record);
    tools.log.info({ ...facts, stage: record.name }, 'stage started');
    let ending: Ending | 'succeeded' = 'succeeded';
    let code: string | undefined;
    try {
      const outcome = await runStage(tools, run, record);
      const seconds = secondsSince(tools, began);
      Object.assign(record, { outcome, state: 'succeeded' });
      await succeed(run, record, seconds);
    } catch (error) {
      if (isLeftToNext(error)) throw error;
      code = storedError(operation, error).code;
      ending = await fail(tools, run, record, error);
    }
    const seconds = secondsSince(tools, began);
    tools.metrics.stageEnded(record.name, ending, seconds);
    const ended = { ...facts, stage: record.name, seconds };
    if (ending !== 'succeeded') {
      tools.log.warn({ ...ended, code }, `stage ${ending}`);
      return reportEnd(tools, run, ending);
    }
    tools.log.info(ended, 'stage succeeded');
    if (isLast(run, record)) return reportEnd(tools, run, 'succeeded');
  }
}

function secondsSince({ clock }: RunTools, began: number): number {
  return (clock.now().getTime() - began) / 1000;
}

function isLast({ stages }: Run, { position }: StageRecord): boolean {
  return position === stages.at(-1)?.position;
}

/** Releases the operation if its next stage waits for an approval or a time. */
async function waits(
  tools: RunTools,
  { engine, operation }: Run,
  { needs_approval, run_after }: StageRecord,
): Promise<boolean> {
  const facts = factsOf(operation, engine.lease.attempt);
  if (needs_approval && operation.approval === 'manual') {
    await endOperation(engine, operation, 'awaiting-approval');
    tools.log.info(facts, 'operation waits for approval');
    return true;
  }
  if (run_after === null || Date.parse(run_after) <= tools.clock.now().getTime()) return false;
  await engine.write(async ({ operations }) => {
    await operations.postpone(operation.id, run_after);
    await operations.appendEvents(operation.id, engine.lease.attempt, [
      operationEvent('operation.scheduled', { run_after }),
    ]);
  });
  await engine.announce();
  tools.log.info({ ...facts, run_after }, 'operation waits for a time');
  return true;
}

async function runStage(
  tools: RunTools,
  run: Run,
  record: StageRecord,
): Promise<Record<string, unknown>> {
  const stage = tools.stages.find(({ name }) => name === record.name);
  if (!stage) {
    throw new HathiError(
      'OPERATION_FAILED',
      `This server has no stage ${record.name}: another version of Hathi created the operation.`,
      { stage: record.name },
    );
  }
  const context = await stageContext(tools, run, stage, record);
  const recovers = record.position === run.resumedPosition && stage.afterCrash === 'recover';
  return await (recovers ? stage.recover(context) : stage.run(context));
}

/** Members of every log line of an operation, so that one search finds all of them. */
function factsOf({ id, kind, cluster_name }: OperationRecord, attempt: number) {
  return { operation: id, kind, cluster: cluster_name, attempt };
}

function reportEnd(tools: RunTools, { engine, operation }: Run, outcome: OperationState): void {
  tools.metrics.operationEnded(operation.kind, outcome);
  tools.log.info(factsOf(operation, engine.lease.attempt), `operation ${outcome}`);
}

/**
 * The lease is lost or the database is unavailable, so nothing may or can be written. Children
 * continue to run. The next worker claims the operation after its lease has expired.
 */
function isLeftToNext(error: unknown): error is HathiError {
  return isHathiError(error, 'LEASE_LOST', 'DATABASE_UNAVAILABLE');
}

async function begin({ engine, operation }: Run, record: StageRecord): Promise<void> {
  const { attempt } = engine.lease;
  await engine.write(async ({ operations }) => {
    await operations.setStage(operation.id, record.position, attempt, { state: 'running' });
    const started: StageEvent = { type: 'stage.started', data: { attempt } };
    await operations.appendEvents(operation.id, attempt, eventsOfStage(record, [started]));
  });
  await engine.announce();
}

async function succeed(run: Run, record: StageRecord, seconds: number): Promise<void> {
  const { engine, operation } = run;
  const { attempt } = engine.lease;
  const outcome = engine.mask.apply(record.outcome);
  await engine.write(async ({ operations }) => {
    const update = { state: 'succeeded', outcome } as const;
    await operations.setStage(operation.id, record.position, attempt, update);
    const succeeded: StageEvent = { type: 'stage.succeeded', data: { seconds } };
    await operations.appendEvents(operation.id, attempt, eventsOfStage(record, [succeeded]));
    if (!isLast(run, record)) return;
    await operations.setState(operation.id, 'succeeded');
    await operations.appendEvents(operation.id, attempt, [
      operationEvent('operation.succeeded', {}),
    ]);
  });
  await engine.announce();
}

async function fail(
  tools: RunTools,
  { engine, operation }: Run,
  record: StageRecord,
  error: unknown,
): Promise<Ending> {
  const stored = engine.mask.apply(storedError(operation, error));
  if (stored.code === 'INTERNAL') logDefect(tools, engine, operation, record.name, error);
  const ending = endingOf(engine, error);
  const { attempt } = engine.lease;
  await engine.write(async ({ operations }) => {
    const update = { state: ending, error: stored };
    await operations.setStage(operation.id, record.position, attempt, update);
    const ended: StageEvent = { type: `stage.${ending}`, data: { error: stored } };
    await operations.appendEvents(operation.id, attempt, [
      ...eventsOfStage(record, [ended]),
      operationEvent(`operation.${ending}`, { error: stored }),
    ]);
    await operations.setState(operation.id, ending, stored);
  });
  await engine.announce();
  return ending;
}

/** Outcome of a stage that did not succeed, and of its operation. */
type Ending = 'failed' | 'cancelled' | 'interrupted';

function endingOf(engine: StageEngine, error: unknown): Ending {
  // An interrupted stage must be reported, even if the user also requested a cancellation.
  if (isHathiError(error, 'OPERATION_INTERRUPTED')) return 'interrupted';
  return engine.cancelLevel() > 0 ? 'cancelled' : 'failed';
}

function storedError(operation: OperationRecord, error: unknown): StoredError {
  const known = isHathiError(error) ? error : asDiskFull(error);
  if (known) return { code: known.code, message: known.message, details: known.details };
  return {
    code: 'INTERNAL',
    message: 'Hathi has a defect here; the log of the server has the details.',
    details: { operation: operation.id },
  };
}

/**
 * Logs the location of a defect in the code, which is stored nowhere else. The output of a tool may
 * contain secrets, so the entry is masked.
 */
function logDefect(
  tools: RunTools,
  { lease, mask }: StageEngine,
  operation: OperationRecord,
  stage: string,
  error: unknown,
): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const err = mask.apply({ type: name, message, stack });
  tools.log.error({ ...factsOf(operation, lease.attempt), stage, err }, 'stage ended by a defect');
}

async function endOperation(
  engine: StageEngine,
  operation: OperationRecord,
  state: 'cancelled' | 'awaiting-approval',
): Promise<void> {
  await engine.write(async ({ operations }) => {
    // A cancellation between the claim and this point also passes through `cancelling`.
    const now = await operations.get(operation.id);
    if (state === 'cancelled' && now.state === 'running') {
      await operations.setState(operation.id, 'cancelling');
    }
    await operations.setState(operation.id, state);
    await operations.appendEvents(operation.id, engine.lease.attempt, [
      operationEvent(`operation.${state}`, {}),
    ]);
  });
  await engine.announce();
}
