import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MILLISECONDS = 150;

/**
 * Asks until the answer is neither null nor false.
 * @param what ends the sentence "… was waited for", for whoever reads the failure
 * @throws after `withinSeconds`, with the last error if the question itself failed
 */
export async function waitFor<T>(
  what: string,
  withinSeconds: number,
  question: () => Promise<T | null | false>,
): Promise<T> {
  const deadline = Date.now() + withinSeconds * 1000;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await question();
      if (answer !== null && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await sleep(POLL_MILLISECONDS);
  }
  const why = last instanceof Error ? `: ${last.message}` : '';
  throw new Error(`${what} was waited for ${withinSeconds} s${why}`, { cause: last });
}
