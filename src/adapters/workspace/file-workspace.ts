import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CLUSTER_NAME_PATTERN } from '../../core/cluster/cluster-spec.ts';
import { isDiskFull } from '../../core/disk-full.ts';
import { HathiError } from '../../core/errors.ts';
import type {
  Workspace,
  WorkspaceFile,
  WorkspaceFolder,
  WrittenFile,
} from '../../ports/workspace.ts';
import { requireSpace } from '../process/free-space.ts';
import { carryOver, digestOf, putFile, syncDirectory } from './files.ts';
import { besideName, recoverFolder } from './leftovers.ts';

const FOLDER_MODE = 0o755;
/** Mode of the top folder. It protects the keys and passwords in all folders below. */
const PRIVATE_MODE = 0o700;
const OPERATION_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** @param dataDirectory absolute path of the folder for clusters and the output of operations */
export function createFileWorkspace(dataDirectory: string): Workspace {
  function clusterFolder(cluster: string): string {
    if (!CLUSTER_NAME_PATTERN.test(cluster)) {
      throw new HathiError('INVALID_CLUSTER_NAME', `"${cluster}" cannot name a folder.`);
    }
    return join(dataDirectory, 'clusters', cluster);
  }

  async function openClusterFolder(cluster: string): Promise<string> {
    const folder = clusterFolder(cluster);
    await mkdir(folder, { recursive: true, mode: PRIVATE_MODE });
    return folder;
  }

  return {
    path: (cluster, ...segments) => join(clusterFolder(cluster), ...segments.map(checkedPath)),

    async replace(
      cluster: string,
      folder: WorkspaceFolder,
      files: readonly WorkspaceFile[],
      keep: readonly string[] = [],
    ): Promise<WrittenFile[]> {
      const target = join(clusterFolder(cluster), folder);
      const beside = besideName(target, 'new');
      const old = besideName(target, 'old');
      return explainingFailure(`write ${target}`, async () => {
        const root = await openClusterFolder(cluster);
        await recoverFolder(root, folder);
        try {
          await mkdir(beside, { mode: FOLDER_MODE });
          await putAll(beside, files);
          await carryOver(target, beside, keep.map(checkedPath));
          await syncDirectory(beside);
        } catch (error) {
          await rm(beside, { recursive: true, force: true });
          throw error;
        }
        // POSIX has no atomic exchange of two folders. A crash between the two renames leaves the
        // old folder under its temporary name. `recoverFolder` restores it.
        await rename(target, old).catch(ignoreMissing);
        await rename(beside, target);
        await syncDirectory(root);
        await rm(old, { recursive: true, force: true });
        return files.map(({ path, content }) => ({
          path: `${folder}/${path}`,
          ...digestOf(content),
        }));
      });
    },

    async write(cluster: string, path: string, content: string | Uint8Array, mode = 0o644) {
      const target = join(clusterFolder(cluster), checkedPath(path));
      const beside = besideName(target, 'new');
      await explainingFailure(`write ${target}`, async () => {
        await openClusterFolder(cluster);
        await mkdir(dirname(target), { recursive: true, mode: FOLDER_MODE });
        try {
          await putFile(beside, content, mode);
          await rename(beside, target);
        } catch (error) {
          await rm(beside, { force: true });
          throw error;
        }
        await syncDirectory(dirname(target));
      });
    },

    async read(cluster: string, path: string): Promise<Uint8Array | null> {
      const target = join(clusterFolder(cluster), checkedPath(path));
      return explainingFailure(`read ${target}`, () => readFile(target).catch(ignoreMissing));
    },

    requireSpace: (neededBytes, purpose) => requireSpace(dataDirectory, neededBytes, purpose),

    operationFolder(operationId: string): string {
      if (!OPERATION_ID_PATTERN.test(operationId)) {
        throw new HathiError('WORKSPACE_FAILED', `"${operationId}" cannot name a folder.`);
      }
      return join(dataDirectory, 'operations', operationId);
    },

    async setAside(cluster: string): Promise<string | null> {
      const folder = clusterFolder(cluster);
      const root = join(dataDirectory, 'forgotten');
      const aside = join(root, `${cluster}.${Date.now()}`);
      return await explainingFailure(`move ${folder} to ${aside}`, async () => {
        await mkdir(root, { recursive: true, mode: FOLDER_MODE });
        const moved = await rename(folder, aside).then(() => true, ignoreMissing);
        return moved ? aside : null;
      });
    },

    async remove(cluster: string): Promise<void> {
      const folder = clusterFolder(cluster);
      await explainingFailure(`remove ${folder}`, () =>
        rm(folder, { recursive: true, force: true }),
      );
    },
  };
}

async function putAll(root: string, files: readonly WorkspaceFile[]): Promise<void> {
  const folders = new Set(files.map(({ path }) => dirname(checkedPath(path))));
  for (const folder of [...folders].sort()) {
    await mkdir(join(root, folder), { recursive: true, mode: FOLDER_MODE });
  }
  // Waits for all files, so that no write is still running when a failure removes the folder.
  const written = await Promise.allSettled(
    files.map(({ path, content, mode }) => putFile(join(root, path), content, mode ?? 0o644)),
  );
  const failed = written.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** @throws WORKSPACE_FAILED when the path could lead out of the folder */
function checkedPath(path: string): string {
  const safe =
    path !== '' &&
    !/[\0\\]/.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (safe) return path;
  throw new HathiError('WORKSPACE_FAILED', `"${path}" is no path inside a workspace.`, { path });
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

async function explainingFailure<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof HathiError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const full = isDiskFull(cause);
    throw new HathiError(
      full ? 'DISK_FULL' : 'WORKSPACE_FAILED',
      `Could not ${doing}: ${full ? 'no space is left on the disk' : message}.`,
      { reason: code ?? 'unknown' },
      { cause },
    );
  }
}
