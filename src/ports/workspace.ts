export interface WorkspaceFile {
  /** Relative to the folder, with forward slashes. */
  path: string;
  content: string | Uint8Array;
  /** e.g. 0o600; 0o644 where absent. */
  mode?: number;
}

export interface WrittenFile {
  /** Relative to the cluster's workspace. */
  path: string;
  bytes: number;
  sha256: string;
}

export type WorkspaceFolder = 'terraform' | 'ansible' | 'ssh';

/** `<data>/clusters/<name>/`: what Hathi generates, and what works there by hand without it. */
export interface Workspace {
  /** Absolute path of the cluster's folder or of a place in it. */
  path(cluster: string, ...segments: string[]): string;
  /**
   * Replaces the folder as a whole: written beside, synced, renamed. Entries named in `keep`
   * (state, provider cache) are carried over. A reader sees the old folder or the new one, never a
   * mixture.
   * @throws DISK_FULL | WORKSPACE_FAILED, the old folder untouched
   */
  replace(
    cluster: string,
    folder: WorkspaceFolder,
    files: readonly WorkspaceFile[],
    keep?: readonly string[],
  ): Promise<WrittenFile[]>;
  /** Writes one file beside and renames it. @throws DISK_FULL | WORKSPACE_FAILED */
  write(cluster: string, path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /** null when the file is not there. */
  read(cluster: string, path: string): Promise<Uint8Array | null>;
  /**
   * @param purpose a verb and its object, e.g. `apply the plan`
   * @throws DISK_FULL with the path, the bytes that are free and the bytes that are needed
   */
  requireSpace(neededBytes: number, purpose: string): void;
  /** The folder where the output of an operation's children lies. */
  operationFolder(operationId: string): string;
  /**
   * Moves the folder of a cluster that is forgotten out of the way, so that it goes on working by
   * hand.
   * @returns its new absolute path, or null when there was none
   */
  setAside(cluster: string): Promise<string | null>;
  /** Removes a destroyed cluster's folder. */
  remove(cluster: string): Promise<void>;
}
