import type { NewEvent, Operation } from '../core/operation/operation.ts';
import type { StageName } from '../core/operation/operation-kinds.ts';
import type { ChildRunner } from './child-runner.ts';
import type { ClusterRecord, Lease, Stores } from './stores.ts';

/** What a stage may use of the engine. Its other tools come in by its factory. */
export interface StageContext {
  operation: Operation;
  lease: Lease;
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
  emit(...events: Omit<NewEvent, 'stage'>[]): Promise<void>;
  /** Masks a value in everything that is emitted from now on. */
  addSecret(value: string): void;
  /** Earlier stages of this operation that succeeded, with what they made. */
  outcomeOf(stage: StageName): Record<string, unknown> | null;
}

/** What a stage made, in the shape that its step endpoint answers. */
export type StageOutcome = Record<string, unknown>;

/**
 * One step, in a file of its own. `run` may be entered again after a crash at any line: it looks at
 * what is there, does what is missing and clears what is half done.
 */
export interface Stage {
  readonly name: StageName;
  run(context: StageContext): Promise<StageOutcome>;
  /**
   * Entered instead of `run` when an earlier attempt died inside the stage; needed by the stages
   * that are never repeated by themselves.
   * @throws OPERATION_INTERRUPTED once what was left is recorded and planned anew
   */
  recover?(context: StageContext): Promise<StageOutcome>;
}
