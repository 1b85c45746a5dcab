import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

/** Positions in /proc/PID/stat, counted after the command's closing parenthesis. */
const STATE_FIELD = 0;
const GROUP_FIELD = 2;
const STARTTIME_FIELD = 19;
/** Of a process that has ended and that nobody has waited for. */
const ZOMBIE = 'Z';

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
  return statOf(pid)?.[STARTTIME_FIELD] ?? null;
}

/** The fields of /proc/PID/stat; null when there is no such process, or only its unreaped remains. */
function statOf(pid: number): string[] | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The command may itself hold spaces and parentheses, so count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[STATE_FIELD] === ZOMBIE ? null : fields;
}

/** Whether the process of that pid is still the one that started then. */
export async function isAlive(pid: number, started: string | null): Promise<boolean> {
  const now = await processStarted(pid);
  return now !== null && (started === null || now === started);
}

/** Whether anything in that group still runs. Unreaped remains do not count, though signals reach them. */
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
 * Whether a process that a supervisor started still runs after the supervisor's own death. The operating
 * system gives the id of a group to no new process while the group has members, so a process with the
 * supervisor's pid means that the group is gone.
 * @param groupId the pid of the supervisor, which is dead
 * @see supervise.sh
 */
export async function isOrphanedGroupAlive(groupId: number): Promise<boolean> {
  return (await processStarted(groupId)) === null && (await isGroupAlive(groupId));
}

/** Of a supervisor that died before its start was recorded. No process ever started then. */
export const START_UNKNOWN = 'unknown';

/**
 * The supervisor of a folder, by what it wrote there; see supervise.sh.
 * @returns null where it wrote nothing, or nothing of it runs any more. The start is START_UNKNOWN
 *   where the supervisor was killed and its program still runs
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
