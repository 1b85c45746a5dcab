import { runCommand } from './run-command.ts';
import { failedRun } from './tool-errors.ts';

const VERSION_SECONDS = 10;

/**
 * Returns the first line of a program's version output.
 * @throws TOOL_MISSING | TOOL_FAILED
 */
export async function versionLine(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<string> {
  const result = await runCommand(command, args, { env, timeoutSeconds: VERSION_SECONDS });
  if (result.exitCode !== 0) throw failedRun(command, args, result);
  return (result.stdout.trim() || result.stderr.trim()).split('\n')[0] ?? '';
}
