import type { StageEvent } from '../core/operation/event.ts';
import type { Operation } from '../core/operation/operation.ts';
import type { PlannedStage } from '../core/procedures/procedure.ts';
import type { ChildRunner } from './child-runner.ts';
import type { ClusterRecord, Lease, Stores } from './stores.ts';

/** What a stage may use of the engine. Its other tools come in by its factory. */
export interface StageContext {
  operation: Operation;
  lease: Lease;
  /** The node that the stage works on; null for the whole cluster. */
  node: string | null;
  /** As it was when the stage was entered. */
  cluster: ClusterRecord;
  /** Aborted when cancellation is asked for or the lease is lost. */
  signal: AbortSignal;
  children: ChildRunner;
  /** The only way for a stage to write: a transaction under the lease. @throws LEASE_LOST */
  write<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** Reads outside a transaction. */
  read: Stores;
  /** Stores events of this stage under the lease. @throws LEASE_LOST */
  emit(...events: StageEvent[]): Promise<void>;
  /** Masks a value in everything that is emitted from now on. */
  addSecret(value: string): void;
  /** Outcome of the newest earlier stage of that name in this operation; null where none succeeded. */
  outcomeOf(stage: string): Record<string, unknown> | null;
  /**
   * Replaces the stages after this one. Only before approval: a person approves the stages that run.
   * @throws TRANSITION_NOT_ALLOWED when a stage that needs approval has already started
   */
  replaceRemaining(stages: readonly PlannedStage[]): Promise<void>;
}

/** What a stage made, in the shape that its step endpoint answers. */
export type StageOutcome = Record<string, unknown>;

/** One unit of work, in a file of its own. It declares what follows when a worker dies inside it. */
export type Stage = RepeatableStage | RecoverableStage;

interface NamedStage {
  readonly name: string;
  run(context: StageContext): Promise<StageOutcome>;
}

/**
 * `run` starts again after a crash at any line: it checks what exists, does what is missing and removes
 * what is half done.
 */
export interface RepeatableStage extends NamedStage {
  readonly afterCrash: 'run-again';
}

/** Never repeated after a crash, since no record may contain what it did; `recover` runs instead. */
export interface RecoverableStage extends NamedStage {
  readonly afterCrash: 'recover';
  /** @throws OPERATION_INTERRUPTED after the leftovers were recorded and planned again */
  recover(context: StageContext): Promise<StageOutcome>;
}
