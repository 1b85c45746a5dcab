import { statSync } from 'node:fs';
import { CliError } from '../render/failure.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const OTHERS_MAY_READ = 0o077;

/**
 * @param what the contents, e.g. `the token`
 * @throws CliError (usage) where other users have access
 * @throws the error of the file system where there is no such file
 */
export function assertPrivate(path: string, what: string): void {
  if ((statSync(path).mode & OTHERS_MAY_READ) === 0) return;
  throw new CliError('usage', `Others can read ${what} in ${path}. Run: chmod 600 ${path}`);
}
