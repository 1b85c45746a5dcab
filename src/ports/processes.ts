/** A program to start in a session of its own. */
export interface DetachedCommand {
  command: string;
  args: readonly string[];
  cwd: string;
  /** The whole environment; nothing is inherited. */
  env: Record<string, string>;
  /** Existing folder for `stdout`, `stderr` and `exit-code`. */
  folder: string;
  /** The program is not started after this moment: a worker that was paused starts nothing late. */
  startBefore: Date;
}

/** Processes that outlive the server that started them. */
export interface Processes {
  /**
   * Starts a program in a session of its own, with `stdout`, `stderr` and, at its end, `exit-code`
   * in `folder`. It is not started after `startBefore`.
   * @returns its pid, which is also its process group
   */
  startDetached(command: DetachedCommand): number;
  /**
   * The supervisor of that folder, or its group where it was killed and its program still runs.
   * @returns null if no running process of the folder is found
   */
  findDetached(folder: string): Promise<{ pid: number; started: string | null } | null>;
  /** When it started, in the operating system's own words; null when it is gone. */
  started(pid: number): Promise<string | null>;
  /** Whether the process of that pid is still the one that started then. */
  isAlive(pid: number, started: string | null): Promise<boolean>;
  /** Whether anything in that group still runs: what a program started may outlive it. */
  isGroupAlive(groupId: number): Promise<boolean>;
  /** The same for a group whose first process, the supervisor, is known to be dead. */
  isOrphanedGroupAlive(groupId: number): Promise<boolean>;
  /** @returns false when the group is gone */
  signalGroup(groupId: number, signal: NodeJS.Signals): boolean;
}
