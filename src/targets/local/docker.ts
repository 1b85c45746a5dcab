import { runCommand } from '../../adapters/process/run-command.ts';
import { HOW_TO_GET } from '../../adapters/process/tool-errors.ts';
import { HathiError } from '../../core/errors.ts';

const DOCKER_SECONDS = 30;
/** Messages of the client if it finds no daemon, in the versions since 20.10. */
const NO_DAEMON =
  /cannot connect to the docker daemon|is the docker daemon running|error during connect|dial unix/i;

export type Docker = (...args: string[]) => Promise<string>;

/**
 * @returns a function that runs one docker command and returns its stdout
 * @throws TOOL_MISSING if docker is not installed or its daemon does not respond | OPERATION_FAILED
 */
export function createDocker(env: Record<string, string>): Docker {
  return async (...args) => {
    const { exitCode, stdout, stderr } = await runCommand('docker', args, {
      env,
      timeoutSeconds: DOCKER_SECONDS,
    });
    if (exitCode === 0) return stdout;
    if (NO_DAEMON.test(stderr)) {
      throw new HathiError(
        'TOOL_MISSING',
        `Docker is installed but does not respond: ${stderr.trim()}. Start it, or give this user access to it. ${HOW_TO_GET.docker}`,
        { tool: 'docker', reason: stderr.trim() },
      );
    }
    throw new HathiError(
      'OPERATION_FAILED',
      `docker ${args[0]} failed: ${stderr.trim() || `exit code ${exitCode}`}`,
      { exit_code: exitCode },
    );
  };
}

/** Parses the lines of a listing whose columns are separated by tabs. */
export function rowsOf(stdout: string): string[][] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}
