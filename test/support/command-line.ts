import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../src/cli/run.ts';
import type { World } from '../../src/cli/terminal/terminal.ts';

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:1';

/** Runs a command in this process, without a terminal, and with this environment alone. */
export async function commandLine(
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<CommandResult> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const said = { stdout: '', stderr: '' };
  stdout.on('data', (data: Buffer) => {
    said.stdout += String(data);
  });
  stderr.on('data', (data: Buffer) => {
    said.stderr += String(data);
  });
  const world = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    environment: { HATHI_URL: NOWHERE, HOME: '/nonexistent', ...environment },
  } as unknown as World;
  const code = await runCommandLine(words, '1.2.3', world);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...said };
}
