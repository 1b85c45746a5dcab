import { runCommand } from './run-command.ts';

const VERSION_SECONDS = 10;

/** The first line that a program says of its version. @throws TOOL_MISSING */
export async function versionLine(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<string> {
  const { stdout, stderr } = await runCommand(command, args, {
    env,
    timeoutSeconds: VERSION_SECONDS,
  });
  return (stdout.trim() || stderr.trim()).split('\n')[0] ?? '';
}
