import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadMasterKeys } from './master-key.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'master-key-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('makes one key at the first start, readable by its owner alone', async () => {
  const data = join(directory, 'data');
  const starts = await Promise.all([1, 2, 3, 4].map(() => loadMasterKeys(data)));
  expect(new Set(starts.map(([key]) => key?.toString('hex'))).size).toBe(1);
  expect((await stat(join(data, 'master.key'))).mode & 0o777).toBe(0o600);
  expect(await readdir(data)).toEqual(['master.key']);
});

it('reads several keys, and keys that are given instead of the file', async () => {
  const keys = [randomBytes(32), randomBytes(32)];
  const text = keys.map((key) => key.toString('base64'));
  await writeFile(join(directory, 'master.key'), text.join('\n'), { mode: 0o600 });
  expect(await loadMasterKeys(directory)).toEqual(keys);
  expect(await loadMasterKeys('/nowhere', text.join(','))).toEqual(keys);
});

it('refuses a file that others can read, and what is no key', async () => {
  const path = join(directory, 'master.key');
  const invalid = expect.objectContaining({ code: 'CONFIGURATION_INVALID' });
  await writeFile(path, randomBytes(32).toString('base64'));
  await chmod(path, 0o644);
  await expect(loadMasterKeys(directory)).rejects.toThrow(invalid);
  await chmod(path, 0o600);
  await writeFile(path, '');
  await expect(loadMasterKeys(directory)).rejects.toThrow(invalid);
  await expect(loadMasterKeys(directory, 'c2hvcnQ=')).rejects.toThrow(invalid);
});
