import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

/** Position of `starttime` in /proc/PID/stat, counted after the command's closing parenthesis. */
const STARTTIME_FIELD = 19;
const STATE_FIELD = 0;

const PS_SECONDS = 5;

/**
 * When a process started, in the operating system's own words; with the pid it names one process for
 * ever, since pids are used again.
 * @returns null when there is no such process, or only its unreaped remains
 * @see proc_pid_stat(5)
 */
export async function processStarted(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return startedOnLinux(pid);
  const { exitCode, stdout } = await runCommand('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], {
    timeoutSeconds: PS_SECONDS,
    env: { LC_ALL: 'C' },
  });
  return exitCode === 0 ? stdout.trim() || null : null;
}

function startedOnLinux(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The command may itself hold spaces and parentheses, so count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[STATE_FIELD] === 'Z') return null;
  return fields[STARTTIME_FIELD] ?? null;
}

/** Whether the process of that pid is still the one that started then. */
export async function isAlive(pid: number, started: string | null): Promise<boolean> {
  const now = await processStarted(pid);
  return now !== null && (started === null || now === started);
}

/**
 * The supervisor of a folder, by what it wrote there; see supervise.sh.
 * @returns null where it wrote nothing, is gone, or its pid is another process by now
 */
export async function findSupervisor(folder: string): Promise<number | null> {
  const text = await readFile(join(folder, 'pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (Number.isNaN(pid)) return null;
  return (await commandOf(pid)).includes(folder) ? pid : null;
}

/** Its program and arguments; nothing when it is gone. */
async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  }
  const { stdout } = await runCommand('/bin/ps', ['-ww', '-o', 'args=', '-p', String(pid)], {
    timeoutSeconds: PS_SECONDS,
    env: {},
  });
  return stdout;
}

/**
 * Signals every process of a group.
 * @returns false when the group is gone
 */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
