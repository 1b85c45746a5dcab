import { pause } from './pause.ts';
import { HathiUnreachable } from './problem.ts';
import { type ClientOptions, problemOf, send } from './request.ts';

export interface FollowOptions {
  /** Only events after this sequence; default: 0 for an operation, new events for clusters. */
  after?: number;
  signal?: AbortSignal;
  /** false: ends after the stored events of clusters; default: true. */
  isEndless?: boolean;
}

const FIRST_PAUSE_MILLISECONDS = 200;
const LONGEST_PAUSE_MILLISECONDS = 5_000;
/** A server that is away for longer is not coming back by itself. */
const MOST_FAILURES = 30;
const ENDS = /^operation\.(succeeded|failed|cancelled|interrupted)$/;

/** A stream of the API: its operation and the parameters of its path. */
export type Stream =
  | { route: 'followOperation'; path: { id: string } }
  | { route: 'followCluster'; path: { name: string } }
  | { route: 'followClusters'; path: Record<string, never> };

/**
 * Each event once and in order, over several connections if needed: after a broken connection it
 * continues behind the last received event. The stream of an operation ends with the operation.
 * @throws HathiProblem | HathiUnreachable if the server does not respond for too long
 */
export async function* follow<Event extends { sequence: number; type: string }>(
  options: ClientOptions,
  { route, path }: Stream,
  { after, signal, isEndless = true }: FollowOptions = {},
): AsyncGenerator<Event, void, undefined> {
  let last = after;
  let failures = 0;
  for (;;) {
    try {
      const response = await send(options, route, {
        ...path,
        ...(isEndless ? {} : { follow: 'false' }),
        headers: {
          accept: 'text/event-stream',
          ...(last === undefined ? {} : { 'last-event-id': String(last) }),
        },
        ...(signal ? { signal } : {}),
      } as never);
      if (response.status === 204) return;
      if (!response.ok) throw await problemOf(options, response);
      for await (const event of eventsOf<Event>(response)) {
        if (event.sequence <= (last ?? 0)) continue;
        last = event.sequence;
        failures = 0;
        yield event;
        if (ENDS.test(event.type)) return;
      }
      if (!isEndless) return;
    } catch (error) {
      signal?.throwIfAborted();
      const isBroken = error instanceof HathiUnreachable || error instanceof TypeError;
      if (!isBroken || ++failures > MOST_FAILURES) throw error;
    }
    await pause(pauseAfter(failures), signal);
  }
}

/** Events of one connection, until it ends or breaks. */
async function* eventsOf<Event>(response: Response): AsyncGenerator<Event> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const data = frame
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice('data:'.length).trimStart());
      if (data.length > 0) yield JSON.parse(data.join('\n')) as Event;
    }
  }
}

/** Longer after each failure in a row, in milliseconds. */
function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** failures, LONGEST_PAUSE_MILLISECONDS);
}
