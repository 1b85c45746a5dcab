import type { StageEvent } from '../core/operation/event.ts';
import type { OperationRecord } from '../core/operation/operation.ts';
import type { StageName, StageResult } from '../core/operation/stage-results.ts';
import type { PlannedStage } from '../core/procedures/procedure.ts';
import type { ChildRunner } from './child-runner.ts';
import type { ClusterRecord, Lease, Stores } from './stores.ts';

/** The engine as a stage uses it. The factory of a stage receives the other tools. */
export interface StageContext {
  operation: OperationRecord;
  lease: Lease;
  /** The node that the stage works on; null for the whole cluster. */
  node: string | null;
  /** The cluster at the start of the stage. */
  cluster: ClusterRecord;
  /** Aborted when cancellation is requested or the lease is lost. */
  signal: AbortSignal;
  children: ChildRunner;
  /** A transaction under the lease, the only way for a stage to write. @throws LEASE_LOST */
  write<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** Reads outside a transaction. */
  read: Stores;
  /** Stores events of this stage under the lease. @throws LEASE_LOST */
  emit(...events: StageEvent[]): Promise<void>;
  /** Masks a value in everything that is emitted later. */
  addSecret(value: string): void;
  /** Result of the newest earlier stage of that name in this operation; null if none succeeded. */
  outcomeOf<Name extends StageName>(stage: Name): StageResult<Name> | null;
  /**
   * Replaces the stages after this one. Only before approval, because a person approves the stages
   * that run.
   * @throws TRANSITION_NOT_ALLOWED if a stage that needs approval has already started
   */
  replaceRemaining(stages: readonly PlannedStage[]): Promise<void>;
}

/**
 * One unit of work, in a separate file. It declares the recovery after a worker died inside it.
 * STAGE_RESULTS has the schema of its result.
 */
export type Stage<Name extends StageName = StageName> =
  | RepeatableStage<Name>
  | RecoverableStage<Name>;

interface NamedStage<Name extends StageName> {
  readonly name: Name;
  run(context: StageContext): Promise<StageResult<Name>>;
}

/**
 * `run` starts again after a crash at any line. It checks the existing resources, completes the
 * missing work and removes incomplete results.
 */
export interface RepeatableStage<Name extends StageName = StageName> extends NamedStage<Name> {
  readonly afterCrash: 'run-again';
}

/**
 * Never repeated after a crash, because its effects may not be recorded; `recover` runs instead.
 */
export interface RecoverableStage<Name extends StageName = StageName> extends NamedStage<Name> {
  readonly afterCrash: 'recover';
  /** @throws OPERATION_INTERRUPTED after the leftovers are recorded and planned again */
  recover(context: StageContext): Promise<StageResult<Name>>;
}
