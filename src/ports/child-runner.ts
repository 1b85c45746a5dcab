import type { StageEvent } from '../core/operation/event.ts';
import type { ChildRecord } from './stores.ts';

export interface ChildCommand {
  /** Unique within the stage. Name of the child's folder and record. */
  name: string;
  command: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** Time without a line of output after which the child is stopped. */
  silenceSeconds: number;
  /**
   * A file whose new lines are parsed instead of stdout, for programs that do not write their
   * events to stdout. Relative to the child's folder.
   */
  eventsFile?: string;
}

export interface ChildResult {
  exitCode: number;
  /**
   * Whether the cancellation signalled it. The exit code of an interrupted run equals that of a
   * failure.
   */
  cancelled: boolean;
  /** Whether the disk of its output was full when it ended. Output may then be missing. */
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
   * Starts the child, or adopts the child of this name that an earlier attempt started: waits for
   * it if it is alive, reads its exit code if it has ended.
   * @throws LEASE_LOST (nothing was started) | OPERATION_INTERRUPTED if an earlier child ended
   *   without an exit code | DEADLINE_EXCEEDED
   */
  run(command: ChildCommand, handlers?: ChildHandlers): Promise<ChildResult>;
  /** The record of an earlier child of that name, and whether its process is alive. */
  find(name: string): Promise<{ record: ChildRecord; alive: boolean } | null>;
  /** Forgets an ended child, so that `run` starts a new one. */
  forget(name: string): Promise<void>;
}
