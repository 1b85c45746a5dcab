import { HathiError } from '../core/errors.ts';
import {
  type OperationRecord,
  pendingStage,
  type StageRecord,
} from '../core/operation/operation.ts';
import type { StageName, StageResult } from '../core/operation/stage-results.ts';
import type { PlannedStage } from '../core/procedures/procedure.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Processes } from '../ports/processes.ts';
import type { Stage, StageContext } from '../ports/stage.ts';
import type { Workspace } from '../ports/workspace.ts';
import { eventsOfStage } from './child-output.ts';
import { createChildRunner } from './child-runner.ts';
import type { EngineTools, StageEngine } from './stage-engine.ts';

export interface RunTools extends EngineTools {
  /** All stages that a procedure can name. */
  stages: readonly Stage[];
  processes: Processes;
  workspace: Workspace;
  log: Log;
  metrics: Pick<Metrics, 'operationEnded' | 'stageEnded'>;
}

/** An operation while a worker runs it. A stage can replace the stages that remain. */
export interface Run {
  engine: StageEngine;
  operation: OperationRecord;
  stages: StageRecord[];
  /** Position of the stage in which an earlier attempt ended; null if there is none. */
  resumedPosition: number | null;
}

/** Returns the engine as one stage of a run uses it. */
export async function stageContext(
  tools: RunTools,
  run: Run,
  stage: Stage,
  record: StageRecord,
): Promise<StageContext> {
  const { engine, operation } = run;
  return {
    operation,
    lease: engine.lease,
    node: record.node,
    cluster: await tools.unitOfWork.direct.clusters.get(operation.cluster_id),
    signal: engine.signal,
    children: createChildRunner({
      processes: tools.processes,
      clock: tools.clock,
      engine,
      stage: record,
      afterCrash: stage.afterCrash,
      operationFolder: tools.workspace.operationFolder(operation.id),
    }),
    write: (work) => engine.write(work),
    read: tools.unitOfWork.direct,
    emit: (...events) => engine.record(eventsOfStage(record, events)),
    addSecret: (value) => engine.mask.add(value),
    outcomeOf<Name extends StageName>(name: Name): StageResult<Name> | null {
      const earlier = run.stages.findLast((one) => one.name === name && one.state === 'succeeded');
      return (earlier?.outcome as StageResult<Name> | null | undefined) ?? null;
    },
    async replaceRemaining(stages: readonly PlannedStage[]) {
      assertNotApproved(run, record);
      await engine.write(({ operations }) =>
        operations.replaceStages(operation.id, record.position, stages),
      );
      const first = record.position + 1;
      run.stages = [
        ...run.stages.filter(({ position }) => position < first),
        ...stages.map((planned, index) => pendingStage(planned, first + index)),
      ];
    },
  };
}

/** @throws TRANSITION_NOT_ALLOWED if this stage or an earlier one needed approval */
function assertNotApproved({ stages }: Run, { position }: StageRecord): void {
  const approved = stages.find((one) => one.needs_approval && one.position <= position);
  if (!approved) return;
  throw new HathiError(
    'TRANSITION_NOT_ALLOWED',
    `The stages after ${approved.name} were approved; they cannot be replaced.`,
    { stage: approved.name },
  );
}
