import type { Clock } from '../ports/clock.ts';
import type { Processes } from '../ports/processes.ts';
import type { ChildRecord } from '../ports/stores.ts';

/** Time for the leftover processes of a cancelled program to clean up. */
const CLEARING_UP_MILLISECONDS = 20_000;

/** Progress of the cancellation of a program. */
export interface Ladder {
  sent: 0 | 1 | 2;
  /** Time at which the program itself had ended, in milliseconds of Unix time. */
  endedAt: number | null;
}

/** Sends SIGINT at the first level and SIGKILL at the second, each once. */
export function escalate(
  processes: Processes,
  level: Ladder['sent'],
  ladder: Ladder,
  { pid }: ChildRecord,
): void {
  if (level <= ladder.sent || pid === null) return;
  processes.signalGroup(pid, level === 2 ? 'SIGKILL' : 'SIGINT');
  ladder.sent = level;
}

/**
 * Returns whether a cancelled program has left a process running. Terraform does not wait for the
 * programs that it runs. None of them may act on the nodes after the end of the operation. Leftover
 * processes are killed if they take too long.
 */
export async function hasLeftovers(
  { processes, clock }: { processes: Processes; clock: Clock },
  ladder: Ladder,
  { pid }: ChildRecord,
): Promise<boolean> {
  if (ladder.sent === 0 || pid === null || !(await processes.isGroupAlive(pid))) return false;
  const now = clock.now().getTime();
  ladder.endedAt ??= now;
  if (now - ladder.endedAt < CLEARING_UP_MILLISECONDS) return true;
  processes.signalGroup(pid, 'SIGKILL');
  return false;
}
