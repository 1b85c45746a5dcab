import type { StageEvent } from '../core/operation/event.ts';
import type { ChildRecord } from './stores.ts';

export interface ChildCommand {
  /** Unique within the stage: names the child's folder and record. */
  name: string;
  command: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** The child is stopped after this long without a line of output. */
  silenceSeconds: number;
  /**
   * Exactly one file whose new lines are parsed instead of stdout, for programs that write their
   * events elsewhere; relative to the child's folder.
   */
  eventsFile?: string;
}

export interface ChildResult {
  exitCode: number;
  /**
   * Whether the cancellation ladder signalled it, since an interrupted run exits like a failed one.
   */
  cancelled: boolean;
  /** Whether the disk of its output was full when it ended; output may then be missing. */
  diskWasFull: boolean;
  stdoutPath: string;
  stderrPath: string;
}

export interface ChildHandlers {
  /** Turns complete lines of stdout into events, stored together with the offset read. */
  onLines?(lines: readonly string[]): readonly StageEvent[];
  /** Called about four times a second while the child lives, and once after its end. */
  onTick?(): Promise<void>;
}

/** Children of one stage of one attempt. Their output goes to files, so they outlive the server. */
export interface ChildRunner {
  /**
   * Starts the child, or takes up the one of this name that an earlier attempt started: waits for
   * it if it lives, reads its exit code if it has ended.
   * @throws LEASE_LOST (nothing was started) | OPERATION_INTERRUPTED when an earlier child is gone
   *   without an exit code | DEADLINE_EXCEEDED
   */
  run(command: ChildCommand, handlers?: ChildHandlers): Promise<ChildResult>;
  /** The record of an earlier child of that name and whether its process lives. */
  find(name: string): Promise<{ record: ChildRecord; alive: boolean } | null>;
  /** Forgets an ended child, so that `run` starts a new one. */
  forget(name: string): Promise<void>;
}
