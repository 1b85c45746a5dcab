import type { Clock } from '../ports/clock.ts';
import type { Processes } from '../ports/processes.ts';
import type { ChildRecord } from '../ports/stores.ts';

/** What a cancelled program leaves running may clear up for so long. */
const CLEARING_UP_MILLISECONDS = 20_000;

/** How far the cancellation of a program has come. */
export interface Ladder {
  sent: 0 | 1 | 2;
  /** When the program itself had ended, in milliseconds of Unix time. */
  endedAt: number | null;
}

/** SIGINT at the first level, SIGKILL at the second; each once. */
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
 * Whether a cancelled program has left something running. Terraform does not wait for what it runs, and
 * nothing of it may act on the nodes once the operation has ended: it is killed when it takes too long.
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
