import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HathiError } from '../../core/errors.ts';
import { MASTER_KEY_BYTES } from './secret-box.ts';

const KEY_FILE = 'master.key';

/**
 * Loads the master keys of this server. The first key seals.
 * @param dataDirectory folder of `master.key` (0600), which is created at the first start
 * @param given base64 keys, one per line or separated by commas, e.g. from the environment. The
 *   file is then neither read nor created, so that workers on several machines can share a key
 * @throws CONFIGURATION_INVALID when a key is not 32 bytes in base64, or others may read the file
 */
export async function loadMasterKeys(dataDirectory: string, given?: string): Promise<Buffer[]> {
  if (given !== undefined) return parseMasterKeys(given, 'the master key given by the environment');
  const path = join(dataDirectory, KEY_FILE);
  const found = await readKeyFile(path);
  if (found !== null) return parseMasterKeys(found, path);
  await createKeyFile(dataDirectory, path);
  // Reads the file again, because another process may have created it first.
  return parseMasterKeys((await readKeyFile(path)) ?? '', path);
}

async function readKeyFile(path: string): Promise<string | null> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new HathiError(
        'CONFIGURATION_INVALID',
        `${path} can be read by others; it must be yours alone: chmod 600 ${path}`,
        { path },
      );
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Writes and syncs a temporary file, then links it to the final name. So the name never exists
 * without the complete key.
 */
async function createKeyFile(dataDirectory: string, path: string): Promise<void> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(`${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(beside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const directory = await open(dataDirectory, 'r');
    await directory.sync().finally(() => directory.close());
  } finally {
    await rm(beside, { force: true });
  }
}

function parseMasterKeys(text: string, source: string): Buffer[] {
  const keys = text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map((word) => Buffer.from(word, 'base64'));
  if (keys.length === 0 || keys.some((key) => key.length !== MASTER_KEY_BYTES)) {
    throw new HathiError(
      'CONFIGURATION_INVALID',
      `Each key in ${source} must be ${MASTER_KEY_BYTES} bytes in base64, e.g. made by: openssl rand -base64 ${MASTER_KEY_BYTES}`,
      { source },
    );
  }
  return keys;
}
