/** A program to start in a separate session. */
export interface DetachedCommand {
  command: string;
  args: readonly string[];
  cwd: string;
  /** The whole environment; nothing is inherited. */
  env: Record<string, string>;
  /** Existing folder for `stdout`, `stderr` and `exit-code`. */
  folder: string;
  /** Latest start of the program, so that a worker that was paused does not start it late. */
  startBefore: Date;
}

/** Processes that outlive the server that started them. */
export interface Processes {
  /**
   * Starts a program in a separate session, with `stdout`, `stderr` and, at its end, `exit-code` in
   * `folder`. It is not started after `startBefore`.
   * @returns its pid, which is also its process group
   */
  startDetached(command: DetachedCommand): number;
  /**
   * The supervisor of that folder, or its group if it was killed and its program still runs.
   * @returns null if no running process of the folder is found
   */
  findDetached(folder: string): Promise<{ pid: number; started: string | null } | null>;
  /** Start time in the format of the operating system; null if the process has ended. */
  started(pid: number): Promise<string | null>;
  /** Whether the process with that pid is still the one with that start time. */
  isAlive(pid: number, started: string | null): Promise<boolean>;
  /** Whether a process in that group still runs. Children of a program may outlive it. */
  isGroupAlive(groupId: number): Promise<boolean>;
  /** Like the previous method, for a group whose first process, the supervisor, is dead. */
  isOrphanedGroupAlive(groupId: number): Promise<boolean>;
  /** @returns false if the group has no process */
  signalGroup(groupId: number, signal: NodeJS.Signals): boolean;
}
