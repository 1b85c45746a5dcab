import {
  isFinished,
  type OperationEvent,
  type OperationState,
} from '../core/operation/operation.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventStream, Wakeups } from '../ports/event-stream.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

/** A lost wake-up costs at most this. */
const POLL_MILLISECONDS = 1_000;
/** Each follower holds so many at most, and a slow one holds them for long. */
const BATCH = 100;

export interface FollowTools {
  unitOfWork: UnitOfWork;
  wakeups: Wakeups;
  clock: Clock;
}

/** What the followers of one operation share: its wake-ups, and each read of its events. */
interface Audience {
  listeners: Set<() => void>;
  /** Under way, by the sequence that they begin after; each began after the last wake-up. */
  reads: Map<number, Promise<OperationEvent[]>>;
  subscribed: Promise<() => Promise<void>>;
}

/** Stored events first, then those to come. Subscribed before the first read, so none is lost. */
export function createEventStream({ unitOfWork, wakeups, clock }: FollowTools): EventStream {
  const audiences = new Map<string, Audience>();

  const audienceOf = (operationId: string): Audience => {
    const known = audiences.get(operationId);
    if (known) return known;
    const listeners = new Set<() => void>();
    const reads: Audience['reads'] = new Map();
    const subscribed = wakeups.subscribe(`events:${operationId}`, () => {
      // A read that began before may not have seen what this tells of.
      reads.clear();
      for (const listener of listeners) listener();
    });
    const made = { listeners, reads, subscribed };
    audiences.set(operationId, made);
    return made;
  };

  /** A hundred followers who stand at one event ask once. */
  const eventsAfter = ({ reads }: Audience, operationId: string, sequence: number) => {
    const shared = reads.get(sequence);
    if (shared) return shared;
    const read = unitOfWork.direct.operations
      .eventsAfter(operationId, sequence, BATCH)
      .finally(() => {
        if (reads.get(sequence) === read) reads.delete(sequence);
      });
    reads.set(sequence, read);
    return read;
  };

  return {
    async *follow(operationId, sequence, signal): AsyncGenerator<OperationEvent> {
      await unitOfWork.direct.operations.get(operationId);
      let woken = false;
      let wake = () => {};
      const listener = () => {
        woken = true;
        wake();
      };
      const audience = audienceOf(operationId);
      audience.listeners.add(listener);
      try {
        await audience.subscribed;
        let last = sequence;
        while (!signal.aborted) {
          woken = false;
          const events = await eventsAfter(audience, operationId, last);
          for (const event of events) {
            last = event.sequence;
            yield event;
            if (endsOperation(event)) return;
          }
          if (events.length === BATCH) continue;
          if (events.length === 0 && (await isOver(unitOfWork, operationId, last))) return;
          if (woken || signal.aborted) continue;
          await Promise.race([
            new Promise<void>((resolve) => {
              wake = resolve;
              if (woken) resolve();
            }),
            clock.sleep(POLL_MILLISECONDS, signal).catch(() => {}),
          ]);
        }
      } finally {
        audience.listeners.delete(listener);
        if (audience.listeners.size === 0) {
          if (audiences.get(operationId) === audience) audiences.delete(operationId);
          const unsubscribe = await audience.subscribed.catch(() => null);
          await unsubscribe?.();
        }
      }
    },
  };
}

function endsOperation({ type }: OperationEvent): boolean {
  const state = type.startsWith('operation.') ? type.slice('operation.'.length) : '';
  return ['succeeded', 'failed', 'cancelled', 'interrupted'].includes(state);
}

/** A follower that begins after the last event of a finished operation has nothing to wait for. */
async function isOver(unitOfWork: UnitOfWork, id: string, last: number): Promise<boolean> {
  const operation = await unitOfWork.direct.operations.get(id);
  return isFinished(operation.state as OperationState) && operation.last_sequence <= last;
}
