import { pause } from './pause.ts';
import { HathiUnreachable } from './problem.ts';
import { type ClientOptions, problemOf, send } from './request.ts';
import type { OperationEvent } from './types.ts';

export interface FollowOptions {
  /** Only events after this sequence; 0 where absent. */
  after?: number;
  signal?: AbortSignal;
}

const FIRST_PAUSE_MILLISECONDS = 200;
const LONGEST_PAUSE_MILLISECONDS = 5_000;
/** A server that is away for longer is not coming back by itself. */
const MOST_FAILURES = 30;
const ENDS = /^operation\.(succeeded|failed|cancelled|interrupted)$/;

/**
 * Every event once and in order, over as many connections as it takes: after a broken one it goes on
 * behind the last event that came. Ends with the operation.
 * @throws HathiProblem | HathiUnreachable once the server was away for too long
 */
export async function* follow(
  options: ClientOptions,
  id: string,
  { after = 0, signal }: FollowOptions = {},
): AsyncGenerator<OperationEvent, void, undefined> {
  let last = after;
  let failures = 0;
  for (;;) {
    try {
      const response = await send(options, 'followOperation', {
        id,
        headers: { accept: 'text/event-stream', 'last-event-id': String(last) },
        ...(signal ? { signal } : {}),
      });
      if (response.status === 204) return;
      if (!response.ok) throw await problemOf(options, response);
      for await (const event of eventsOf(response)) {
        if (event.sequence <= last) continue;
        last = event.sequence;
        failures = 0;
        yield event;
        if (ENDS.test(event.type)) return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      const isBroken = error instanceof HathiUnreachable || error instanceof TypeError;
      if (!isBroken || ++failures > MOST_FAILURES) throw error;
    }
    await pause(pauseAfter(failures), signal);
  }
}

/** The events of one connection, until it ends or breaks. */
async function* eventsOf(response: Response): AsyncGenerator<OperationEvent> {
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
      if (data.length > 0) yield JSON.parse(data.join('\n')) as OperationEvent;
    }
  }
}

/** Longer after each failure in a row, in milliseconds. */
function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** failures, LONGEST_PAUSE_MILLISECONDS);
}
