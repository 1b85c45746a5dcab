import { versionLine } from '../../../adapters/process/find-program.ts';
import type { Finding } from '../../../core/plan/plan-context.ts';
import { error, info } from './request.ts';

interface SessionTool {
  program: string;
  howToGet: string;
}

/**
 * Programs that ssh needs on the server for `connection: ssm`. The AWS CLI starts the session and
 * runs the plugin, which transports the data.
 */
export const SESSION_TOOLS: readonly SessionTool[] = [
  {
    program: 'aws',
    howToGet: 'Install the AWS CLI, version 2: https://docs.aws.amazon.com/cli/latest/userguide/',
  },
  {
    program: 'session-manager-plugin',
    howToGet:
      'Install the Session Manager plugin of the AWS CLI: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html',
  },
];

/**
 * @returns the version of the program
 * @throws Error with the reason, and the instructions to install the program
 */
export async function findSessionTool(
  { program, howToGet }: SessionTool,
  env: Record<string, string>,
): Promise<string> {
  try {
    return await versionLine(program, ['--version'], env);
  } catch (problem) {
    const { code, message } = problem as { code?: unknown; message: string };
    const reason = code === 'TOOL_MISSING' ? `${program} was not found.` : message;
    throw new Error(`${reason} ${howToGet}`, { cause: problem });
  }
}

/**
 * Returns an error for each missing program. Without it, no node can be reached after the apply.
 */
export async function checkSessionTools(env: Record<string, string>): Promise<Finding[]> {
  return await Promise.all(
    SESSION_TOOLS.map(async (tool) => {
      const check = 'session-manager';
      try {
        return info(check, `${tool.program}: ${await findSessionTool(tool, env)}`);
      } catch (problem) {
        return error(
          check,
          `connection ssm needs the program ${tool.program} on the machine of the server: ${(problem as Error).message}`,
          'Install it, in a folder of PATH of the server, and plan again. Or choose another `connection`.',
        );
      }
    }),
  );
}
