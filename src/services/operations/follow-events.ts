import { HathiError } from '../../core/errors.ts';
import type { OperationEvent } from '../../core/operation/event.ts';
import type { OperationProgress } from '../../core/operation/operation.ts';
import { isFinished } from '../../core/operation/operation-state.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventStream, Wakeups } from '../../ports/event-stream.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';

/** Longest delay after a lost wake-up. */
const POLL_MILLISECONDS = 1_000;
/**
 * Maximum number of events that each follower holds. A slow follower holds them for a long time.
 */
const BATCH = 100;
/** Batches that are kept for each followed operation, so that later followers use the same ones. */
const KEPT_BATCHES = 16;

export interface FollowTools {
  unitOfWork: UnitOfWork;
  wakeups: Wakeups;
  clock: Clock;
}

/** State that the followers of one operation share: wake-ups and reads of its events. */
interface Audience {
  listeners: Set<() => void>;
  /** Reads in progress, by their first sequence. Each started after the last wake-up. */
  reads: Map<number, Promise<OperationEvent[]>>;
  /** Full batches, the oldest first. Stored events never change, so these stay correct. */
  batches: Map<number, OperationEvent[]>;
  /** The newest sequence for which the poll woke the followers. */
  announced: number;
  subscribed: Promise<() => Promise<void>>;
}

/**
 * Stored events first, then new ones. A follower subscribes before its first read, so none is lost.
 *
 * A thousand followers cost little more than one: the progress of an operation is read once for all
 * of them,
 * in one query for all operations, and so is each batch of its events. Followers are woken only
 * when there
 * is something to read; a timer per follower would be a thousand queries per second.
 */
export function createEventStream({ unitOfWork, wakeups, clock }: FollowTools): EventStream {
  const audiences = new Map<string, Audience>();
  let polling = false;
  const progressOf = sharedProgress(unitOfWork);

  const audienceOf = (operationId: string): Audience => {
    const known = audiences.get(operationId);
    if (known) return known;
    const listeners = new Set<() => void>();
    const reads: Audience['reads'] = new Map();
    const subscribed = wakeups.subscribe(`events:${operationId}`, () => wake(made));
    const made: Audience = { listeners, reads, batches: new Map(), announced: 0, subscribed };
    audiences.set(operationId, made);
    if (!polling) void pollWhileFollowed();
    return made;
  };

  const wake = ({ reads, listeners }: Audience) => {
    // A read that began before may not have seen the new events.
    reads.clear();
    for (const listener of listeners) listener();
  };

  /** Finds events without a wake-up: it was lost, or their worker died before sending it. */
  const pollWhileFollowed = async () => {
    polling = true;
    while (audiences.size > 0) {
      await clock.sleep(POLL_MILLISECONDS);
      await Promise.all(
        [...audiences].map(async ([id, audience]) => {
          const progress = await progressOf(id).catch(() => null);
          if (progress === null) return;
          const { last_sequence: newest, state } = progress;
          if (newest <= audience.announced && !isFinished(state)) return;
          audience.announced = newest;
          wake(audience);
        }),
      );
    }
    polling = false;
  };

  /** A thousand followers at the same event share one read. */
  const eventsAfter = async (
    { reads, batches }: Audience,
    operationId: string,
    sequence: number,
  ): Promise<OperationEvent[]> => {
    const kept = batches.get(sequence);
    if (kept) return kept;
    const shared = reads.get(sequence);
    if (shared) return await shared;
    const read = unitOfWork.direct.operations.eventsAfter(operationId, sequence, BATCH);
    reads.set(sequence, read);
    try {
      const events = await read;
      if (events.length === BATCH) keep(batches, sequence, events);
      return events;
    } finally {
      if (reads.get(sequence) === read) reads.delete(sequence);
    }
  };

  return {
    async *follow(operationId, sequence, signal): AsyncGenerator<OperationEvent> {
      const waiting = createWaiting(signal);
      const audience = audienceOf(operationId);
      audience.listeners.add(waiting.wake);
      try {
        await audience.subscribed;
        let last = sequence;
        while (!signal.aborted) {
          waiting.begin();
          const { last_sequence: newest, state } = await progressOf(operationId);
          while (last < newest && !signal.aborted) {
            const events = await eventsAfter(audience, operationId, last);
            for (const event of events) {
              last = event.sequence;
              yield event;
              if (endsOperation(event)) return;
            }
            // A shared read can have begun before the newest event.
            if (events.length === 0) break;
          }
          if (last < newest) continue;
          if (isFinished(state)) return;
          await waiting.untilWoken();
        }
      } finally {
        waiting.end();
        audience.listeners.delete(waiting.wake);
        if (audience.listeners.size === 0) {
          if (audiences.get(operationId) === audience) audiences.delete(operationId);
          const unsubscribe = await audience.subscribed.catch(() => null);
          await unsubscribe?.();
        }
      }
    },
  };
}

function keep(batches: Audience['batches'], sequence: number, events: OperationEvent[]): void {
  batches.set(sequence, events);
  const [oldest] = batches.keys();
  if (batches.size > KEPT_BATCHES && oldest !== undefined) batches.delete(oldest);
}

/** The wait of one follower. A wake-up between `begin` and `untilWoken` ends it immediately. */
function createWaiting(signal: AbortSignal) {
  let woken = false;
  let resolve = () => {};
  const wake = () => {
    woken = true;
    resolve();
  };
  signal.addEventListener('abort', wake);
  return {
    wake,
    begin: () => {
      woken = false;
    },
    untilWoken: () =>
      new Promise<void>((done) => {
        if (woken || signal.aborted) return done();
        resolve = done;
      }),
    end: () => signal.removeEventListener('abort', wake),
  };
}

/**
 * Reads the progress of all awaited operations in one query.
 * @returns a function that throws OPERATION_NOT_FOUND
 */
function sharedProgress(unitOfWork: UnitOfWork): (id: string) => Promise<OperationProgress> {
  type Found = ReadonlyMap<string, OperationProgress>;
  let wanted = new Set<string>();
  let reading: Promise<unknown> = Promise.resolve();
  let next: Promise<Found> | null = null;
  return async (id) => {
    wanted.add(id);
    // A query in progress may have started before the event of the wake-up, so the next one is
    // used.
    next ??= reading.then(async () => {
      const ids = [...wanted];
      wanted = new Set();
      next = null;
      const read = unitOfWork.direct.operations.progress(ids);
      reading = read.catch(() => {});
      return new Map((await read).map((progress) => [progress.id, progress]));
    });
    const progress = (await next).get(id);
    if (progress) return progress;
    throw new HathiError('OPERATION_NOT_FOUND', `There is no operation ${id}.`, { operation: id });
  };
}

function endsOperation({ type }: OperationEvent): boolean {
  const state = type.startsWith('operation.') ? type.slice('operation.'.length) : '';
  return ['succeeded', 'failed', 'cancelled', 'interrupted'].includes(state);
}
