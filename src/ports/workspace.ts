export interface WorkspaceFile {
  /** Path relative to the folder, with forward slashes. */
  path: string;
  content: string | Uint8Array;
  /** e.g. 0o600; default: 0o644. */
  mode?: number;
}

export interface WrittenFile {
  /** Path relative to the cluster's workspace. */
  path: string;
  bytes: number;
  sha256: string;
}

export type WorkspaceFolder = 'terraform' | 'ansible' | 'ssh';

/**
 * `<data>/clusters/<name>/`: the generated files, which can also be used manually without Hathi.
 */
export interface Workspace {
  /** Absolute path of the cluster's folder or of a path in it. */
  path(cluster: string, ...segments: string[]): string;
  /**
   * Replaces the complete folder: a new folder is written next to it, synced and renamed. Entries
   * named in `keep` (state, provider cache) are moved to the new folder. A reader sees the old
   * folder or the new one, never a mixture.
   * @throws DISK_FULL | WORKSPACE_FAILED; the old folder is unchanged
   */
  replace(
    cluster: string,
    folder: WorkspaceFolder,
    files: readonly WorkspaceFile[],
    keep?: readonly string[],
  ): Promise<WrittenFile[]>;
  /** Writes a temporary file and renames it. @throws DISK_FULL | WORKSPACE_FAILED */
  write(cluster: string, path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /** null if the file does not exist. */
  read(cluster: string, path: string): Promise<Uint8Array | null>;
  /**
   * @param purpose a verb and its object, e.g. `apply the plan`
   * @throws DISK_FULL with the path, the free bytes and the needed bytes
   */
  requireSpace(neededBytes: number, purpose: string): void;
  /** The folder for the output of an operation's children. */
  operationFolder(operationId: string): string;
  /**
   * Moves the folder of a forgotten cluster to another path, where it can still be used manually.
   * @returns its new absolute path, or null if there was no folder
   */
  setAside(cluster: string): Promise<string | null>;
  /** Removes the folder of a destroyed cluster. */
  remove(cluster: string): Promise<void>;
}
