import type { StageEvent } from '../core/operation/event.ts';
import type { OperationRecord } from '../core/operation/operation.ts';
import type { StageName, StageResult } from '../core/operation/stage-results.ts';
import type { PlannedStage } from '../core/procedures/procedure.ts';
import type { ChildRunner } from './child-runner.ts';
import type { ClusterRecord, Lease, Stores } from './stores.ts';

/** The engine as a stage uses it. The factory of a stage gets its other tools. */
export interface StageContext {
  operation: OperationRecord;
  lease: Lease;
  /** The node that the stage works on; null for the whole cluster. */
  node: string | null;
  /** The cluster when the stage started. */
  cluster: ClusterRecord;
  /** Aborted when cancellation is requested or the lease is lost. */
  signal: AbortSignal;
  children: ChildRunner;
  /** The only way for a stage to write: a transaction under the lease. @throws LEASE_LOST */
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
   * Replaces the stages after this one. Only before approval: a person approves the stages that
   * run.
   * @throws TRANSITION_NOT_ALLOWED when a stage that needs approval has already started
   */
  replaceRemaining(stages: readonly PlannedStage[]): Promise<void>;
}

/**
 * One unit of work, in a file of its own. It declares what follows when a worker dies inside it.
 * Its result is the one of its name in STAGE_RESULTS.
 */
export type Stage<Name extends StageName = StageName> =
  | RepeatableStage<Name>
  | RecoverableStage<Name>;

interface NamedStage<Name extends StageName> {
  readonly name: Name;
  run(context: StageContext): Promise<StageResult<Name>>;
}

/**
 * `run` starts again after a crash at any line: it checks what exists, does what is missing and
 * removes what is half done.
 */
export interface RepeatableStage<Name extends StageName = StageName> extends NamedStage<Name> {
  readonly afterCrash: 'run-again';
}

/**
 * Never repeated after a crash, because no record may contain what it did; `recover` runs instead.
 */
export interface RecoverableStage<Name extends StageName = StageName> extends NamedStage<Name> {
  readonly afterCrash: 'recover';
  /** @throws OPERATION_INTERRUPTED after the leftovers were recorded and planned again */
  recover(context: StageContext): Promise<StageResult<Name>>;
}
