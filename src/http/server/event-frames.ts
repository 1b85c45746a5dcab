/** Interval of comments, so that no proxy closes a stream without events. */
export const HEARTBEAT_SECONDS = 15;

/** Delay before a client reconnects. */
const RETRY_MILLISECONDS = 1_000;

/** An event of an operation or a cluster. It never changes. */
interface Event {
  sequence: number;
}

/**
 * One event as a frame of `text/event-stream`. It has no `event:` line, so that a client receives
 * every type with one listener; the type is in the data. JSON escapes line breaks, so the data is
 * one line.
 */
export function frameOf(event: Event): string {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const frame = `id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`;
  frames.set(event, frame);
  return frame;
}

/** A thousand followers receive the same event, which is written once. */
const frames = new WeakMap<Event, string>();

/**
 * Frames of the events, and a comment after a time without events. Reads the next event only
 * after the previous frame was read, so a slow reader delays only itself.
 */
export async function* framesOf(
  events: AsyncIterable<Event>,
  heartbeatSeconds: number = HEARTBEAT_SECONDS,
): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]();
  yield `retry: ${RETRY_MILLISECONDS}\n\n`;
  try {
    let next = iterator.next();
    for (;;) {
      const result = await firstOf(next, heartbeatSeconds);
      if (result === 'quiet') {
        yield ': heartbeat\n\n';
        continue;
      }
      if (result.done) return;
      yield frameOf(result.value);
      next = iterator.next();
    }
  } finally {
    await iterator.return?.();
  }
}

async function firstOf<T>(next: Promise<T>, seconds: number): Promise<T | 'quiet'> {
  let timer: NodeJS.Timeout | undefined;
  const quiet = new Promise<'quiet'>((resolve) => {
    timer = setTimeout(resolve, seconds * 1_000, 'quiet');
  });
  return Promise.race([next, quiet]).finally(() => clearTimeout(timer));
}
