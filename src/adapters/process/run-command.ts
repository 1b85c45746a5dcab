import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HathiError } from '../../core/errors.ts';
import type { DetachedCommand } from '../../ports/processes.ts';
import { startFailure } from './tool-errors.ts';

/** The only file that spawns. Arguments are arrays, never a shell's string. */

const SUPERVISOR = join(dirname(fileURLToPath(import.meta.url)), 'supervise.sh');

/** Output beyond this is a defect of the command that was run; it is cut, not buffered. */
const MAX_CAPTURED_BYTES = 64 * 1024 * 1024;

/** Between SIGTERM and SIGKILL of a short command that ran out of time. */
const KILL_GRACE_MILLISECONDS = 2_000;

/** More than a pid or an exit code needs. */
const RESERVED_CHARACTERS = 16;

export interface CommandOptions {
  cwd?: string;
  /** The whole environment; nothing is inherited. */
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
 * Runs a short command and captures its output. A non-zero exit is returned, not thrown.
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
    // 128 + n is how shells tell death by signal; only whether it is zero matters to callers.
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
 * Starts a child that outlives this process: a session of its own, output to files, and a small
 * supervisor that writes the exit code beside them.
 * @returns the pid of the supervisor, which is also its process group
 * @see supervise.sh for what becomes of signals
 */
export function startDetached(options: DetachedCommand): number {
  // Room for what the supervisor writes later, when the disk may be full.
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
    child.on('error', () => {}); // Seen by its missing pid, below.
    if (child.pid === undefined) {
      throw startFailure('/bin/sh', options, Object.assign(new Error(), { code: 'ENOENT' }));
    }
    child.unref();
    return child.pid;
  } finally {
    closeSync(log);
  }
}
