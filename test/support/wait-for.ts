import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MILLISECONDS = 150;
const EAGER_POLL_MILLISECONDS = 50;

/**
 * Calls a function until its result is neither null nor false.
 * @param what ends the sentence "… was waited for", for the reader of the failure
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

/**
 * The first result that is neither null nor false. Unlike `waitFor`, it does not repeat a failed call.
 * @throws after `withinSeconds`, or with the question's own error
 */
export async function firstAnswer<T>(
  question: () => Promise<T | null | false> | T | null | false,
  withinSeconds: number,
): Promise<T> {
  const deadline = Date.now() + withinSeconds * 1000;
  while (Date.now() < deadline) {
    const answer = await question();
    if (answer !== null && answer !== false) return answer;
    await sleep(EAGER_POLL_MILLISECONDS);
  }
  throw new Error(`what was waited for did not come within ${withinSeconds} s`);
}
