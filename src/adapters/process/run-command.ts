import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HathiError } from '../../core/errors.ts';
import type { DetachedCommand } from '../../ports/processes.ts';
import { startFailure } from './tool-errors.ts';

/**
 * The only file that spawns processes of other programs. Arguments are arrays, never shell strings.
 */

const SUPERVISOR = join(dirname(fileURLToPath(import.meta.url)), 'supervise.sh');

/** More output than this indicates a defect of the command. The output is cut and not buffered. */
const MAX_CAPTURED_BYTES = 64 * 1024 * 1024;

/** Time between SIGTERM and SIGKILL for a short command that exceeded its timeout. */
const KILL_GRACE_MILLISECONDS = 2_000;

/** Reserved space. A pid or an exit code needs less. */
const RESERVED_CHARACTERS = 16;

export interface CommandOptions {
  cwd?: string;
  /** The complete environment; nothing is inherited. */
  env?: Record<string, string>;
  input?: string;
  timeoutSeconds: number;
  signal?: AbortSignal;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a short command and captures its output. A non-zero exit code is returned, not thrown.
 * @throws TOOL_MISSING | TOOL_FAILED when it cannot be started
 * @throws DEADLINE_EXCEEDED after `timeoutSeconds`
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? {},
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: options.signal,
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), KILL_GRACE_MILLISECONDS).unref();
  }, options.timeoutSeconds * 1000);
  const stdout = capture(child.stdout);
  const stderr = capture(child.stderr);
  child.stdin.on('error', () => {}); // A command that reads no input may close it first.
  child.stdin.end(options.input ?? '');
  child.on('error', (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    reject(startFailure(command, options, error));
  });
  child.on('close', (code, signal) => {
    clearTimeout(timer);
    if (timedOut) {
      reject(
        new HathiError(
          'DEADLINE_EXCEEDED',
          `${command} did not end within ${options.timeoutSeconds} s and was stopped.`,
          { command, timeout_seconds: options.timeoutSeconds },
        ),
      );
      return;
    }
    // Shells report death by signal as 128 + n. Callers only check whether the code is zero.
    resolve({ exitCode: code ?? (signal ? 128 : 1), stdout: stdout(), stderr: stderr() });
  });
  return await promise;
}

function capture(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (bytes >= MAX_CAPTURED_BYTES) return;
    bytes += chunk.length;
    chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

/**
 * Starts a child that outlives this process. It has a separate session and writes its output to
 * files. A small supervisor writes the exit code into the same folder.
 * @returns the pid of the supervisor, which is also its process group
 * @see supervise.sh for the handling of signals
 */
export function startDetached(options: DetachedCommand): number {
  // Reserves space for the files of the supervisor, because the disk may be full later.
  for (const name of ['pid', 'exit-code.part']) {
    writeFileSync(join(options.folder, name), ' '.repeat(RESERVED_CHARACTERS), { mode: 0o600 });
  }
  const log = openSync(join(options.folder, 'supervisor.log'), 'a', 0o600);
  try {
    const notAfter = String(Math.floor(options.startBefore.getTime() / 1000));
    const child = spawn(
      '/bin/sh',
      [SUPERVISOR, options.folder, notAfter, options.command, ...options.args],
      { cwd: options.cwd, env: options.env, detached: true, stdio: ['ignore', log, log] },
    );
    child.on('error', () => {}); // Detected below by the missing pid.
    if (child.pid === undefined) {
      throw startFailure('/bin/sh', options, Object.assign(new Error(), { code: 'ENOENT' }));
    }
    child.unref();
    return child.pid;
  } finally {
    closeSync(log);
  }
}
