import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const SECONDS = 120;

/** @throws with the stderr of the command */
export async function shell(command: string, ...args: string[]): Promise<string> {
  return await shellWithin(SECONDS, command, ...args);
}

/** As `shell`, with a deadline of its own. */
export async function shellWithin(
  seconds: number,
  command: string,
  ...args: string[]
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    timeout: seconds * 1_000,
    maxBuffer: 2 ** 24,
  });
  return stdout.trim();
}

/** As `shell`; what is gone already is as good as removed. */
export async function quietly(command: string, ...args: string[]): Promise<void> {
  await shell(command, ...args).catch(() => {});
}
