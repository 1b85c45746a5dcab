import type { Manner } from './terminal.ts';
import { control, write } from './terminal-text.ts';

/** No command prints nothing for longer than this. */
const QUIET_MILLISECONDS = 2_000;
const MILLISECONDS_PER_SECOND = 1_000;
const CLEAR_LINE = control('\r\u001b[K');

export interface WaitingOptions {
  out: NodeJS.WriteStream;
  manner: Pick<Manner, 'live'>;
  /** What is done, e.g. `Starting the server`. */
  what: string;
  /** Whether a line is printed at once; otherwise the first one comes after two seconds. */
  atOnce?: boolean;
}

/**
 * Prints what is waited for and for how long: one line that is drawn over on a terminal, elsewhere a
 * plain line every two seconds.
 */
export async function whileWaiting<T>(
  { out, manner, what, atOnce = false }: WaitingOptions,
  work: Promise<T>,
): Promise<T> {
  const began = Date.now();
  if (atOnce) write(out, manner.live ? `${what} …` : `${what} …\n`);
  let drawn = atOnce;
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - began) / MILLISECONDS_PER_SECOND);
    const text = `${what} … (${seconds} s)`;
    write(out, manner.live ? `${CLEAR_LINE}${text}` : `${text}\n`);
    drawn = true;
  }, QUIET_MILLISECONDS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (manner.live && drawn) write(out, atOnce ? '\n' : CLEAR_LINE);
  }
}
