import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { HathiError } from '../../core/errors.ts';

/** Installation instructions for the programs that Hathi runs. Shown if one is missing. */
export const HOW_TO_GET: Record<string, string> = {
  docker:
    'Install Docker Engine or Docker Desktop and start it (on Debian: apt-get install docker.io).',
  terraform: 'Run `make setup`, or install Terraform 1.6 or OpenTofu 1.8, or later.',
  tofu: 'Run `make setup`, or install Terraform 1.6 or OpenTofu 1.8, or later.',
  'ansible-playbook':
    'Run `make setup` in the repository, or install ansible-core 2.19 or later (e.g. pipx install ansible-core).',
  psql: 'Install the PostgreSQL client (on Debian: apt-get install postgresql-client).',
};

const OUTPUT_CHARACTERS = 2_000;

/** @returns TOOL_MISSING for a program that was not found, with the installation instructions */
export function missingTool(command: string, cause?: unknown): HathiError {
  const tool = nameOf(command);
  return new HathiError(
    'TOOL_MISSING',
    `${tool} was not found. ${HOW_TO_GET[tool] ?? `Install ${tool} and see that it is on PATH.`}`,
    { tool, looked_for: command },
    { cause },
  );
}

/** @returns TOOL_FAILED for a program that was found; `reason` is the end of a sentence */
export function failedTool(command: string, reason: string, cause?: unknown): HathiError {
  return new HathiError(
    'TOOL_FAILED',
    `${command} ${reason}`,
    { tool: nameOf(command), path: command },
    { cause },
  );
}

/** @returns TOOL_FAILED with the error message of the program */
export function failedRun(
  command: string,
  args: readonly string[],
  result: { exitCode: number; stdout: string; stderr: string },
): HathiError {
  const output = (result.stderr.trim() || result.stdout.trim()).slice(-OUTPUT_CHARACTERS);
  return failedTool(
    command,
    `is installed, but \`${[nameOf(command), ...args].join(' ')}\` failed with exit code ${result.exitCode}: ${output || 'it printed nothing'}`,
  );
}

/**
 * Returns the reason why a program could not be started. The system reports ENOENT for a missing
 * program, for a missing interpreter of a script, and for a missing working directory.
 * @returns TOOL_MISSING, TOOL_FAILED or WORKSPACE_FAILED; an abort is returned unchanged
 */
export function startFailure(
  command: string,
  { cwd, env }: { cwd?: string | undefined; env?: Record<string, string> | undefined },
  error: NodeJS.ErrnoException,
): Error {
  if (error.name === 'AbortError') return error;
  if (cwd !== undefined && !existsSync(cwd)) {
    return new HathiError(
      'WORKSPACE_FAILED',
      `${nameOf(command)} cannot run in ${cwd}: the folder does not exist.`,
      { folder: cwd },
      { cause: error },
    );
  }
  const path = command.includes('/') ? command : findOnPath(command, env?.PATH ?? '');
  if (error.code !== 'ENOENT') {
    return failedTool(path ?? command, `cannot be started: ${reasonOf(error)}.`, error);
  }
  if (path === null || !existsSync(path)) return missingTool(command, error);
  return failedTool(
    path,
    'cannot be started: the interpreter that its first line names does not exist.',
    error,
  );
}

/**
 * Returns the path of the first program with that name.
 * @param searchPath folders as in PATH
 */
export function findOnPath(name: string, searchPath: string): string | null {
  for (const folder of searchPath.split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next folder may contain it.
    }
  }
  return null;
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'EACCES') return 'this user may not execute it (EACCES)';
  return error.code ?? error.message;
}

function nameOf(command: string): string {
  return command.split('/').at(-1) ?? command;
}
