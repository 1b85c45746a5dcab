import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

/** Positions in /proc/PID/stat, counted after the closing parenthesis of the command. */
const STATE_FIELD = 0;
const GROUP_FIELD = 2;
const STARTTIME_FIELD = 19;
/** State of a process that has ended but was not reaped. */
const ZOMBIE = 'Z';

const PS_SECONDS = 5;

/**
 * Returns the start time of a process, in the format of the operating system. Pids are reused, so
 * only the pid and the start time together identify a process.
 * @returns null if there is no such process, or only a zombie
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
  return statOf(pid)?.[STARTTIME_FIELD] ?? null;
}

/** Returns the fields of /proc/PID/stat; null if there is no such process, or only a zombie. */
function statOf(pid: number): string[] | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The command can contain spaces and parentheses, so the fields are counted from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[STATE_FIELD] === ZOMBIE ? null : fields;
}

/** Returns whether the process with that pid is still the one with that start time. */
export async function isAlive(pid: number, started: string | null): Promise<boolean> {
  const now = await processStarted(pid);
  return now !== null && (started === null || now === started);
}

/**
 * Returns whether any process of the group still runs. Zombies do not count, although signals reach
 * them.
 */
export async function isGroupAlive(groupId: number): Promise<boolean> {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
    return pids.some((pid) => statOf(pid)?.[GROUP_FIELD] === String(groupId));
  }
  const { stdout } = await runCommand('/bin/ps', ['-A', '-o', 'pgid=,stat='], {
    timeoutSeconds: PS_SECONDS,
    env: {},
  });
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/));
  return rows.some(([group, state]) => Number(group) === groupId && !state?.startsWith(ZOMBIE));
}

/**
 * Returns whether a program still runs after the death of its supervisor. The operating system does
 * not reuse the id of a group for a new process while the group has members. So a process with the
 * supervisor's pid means that the group is gone.
 * @param groupId the pid of the supervisor, which is dead
 * @see supervise.sh
 */
export async function isOrphanedGroupAlive(groupId: number): Promise<boolean> {
  return (await processStarted(groupId)) === null && (await isGroupAlive(groupId));
}

/** Start of a supervisor that died before its start was recorded. No real start has this value. */
export const START_UNKNOWN = 'unknown';

/**
 * Finds the supervisor of a folder by the files that it wrote there; see supervise.sh.
 * @returns null if it wrote no pid, or if none of its processes runs any more. The start is
 *   START_UNKNOWN if the supervisor was killed and its program still runs
 */
export async function findSupervisor(
  folder: string,
): Promise<{ pid: number; started: string | null } | null> {
  const text = await readFile(join(folder, 'pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (Number.isNaN(pid)) return null;
  if ((await commandOf(pid)).includes(folder)) return { pid, started: await processStarted(pid) };
  return (await isOrphanedGroupAlive(pid)) ? { pid, started: START_UNKNOWN } : null;
}

/** Returns the program and its arguments; empty if the process is gone. */
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
 * Sends a signal to every process of a group.
 * @returns false if the group is gone
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
