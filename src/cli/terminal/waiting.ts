import type { Manner } from './terminal.ts';
import { control, write } from './terminal-text.ts';

/** Longest time without output. */
const QUIET_MILLISECONDS = 2_000;
const MILLISECONDS_PER_SECOND = 1_000;
const CLEAR_LINE = control('\r\u001b[K');

export interface WaitingOptions {
  out: NodeJS.WriteStream;
  manner: Pick<Manner, 'live'>;
  /** The work, e.g. `Starting the server`. */
  what: string;
  /** Whether a line is printed immediately; otherwise the first one follows after two seconds. */
  atOnce?: boolean;
}

/**
 * Prints the work and its duration: one line that is redrawn on a terminal, elsewhere a plain line every
 * two seconds.
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
