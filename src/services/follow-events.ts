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

/** Stored events first, then those to come. Subscribed before the first read, so none is lost. */
export function createEventStream({ unitOfWork, wakeups, clock }: FollowTools): EventStream {
  return {
    async *follow(operationId, sequence, signal): AsyncGenerator<OperationEvent> {
      await unitOfWork.direct.operations.get(operationId);
      let woken = false;
      let wake = () => {};
      const unsubscribe = await wakeups.subscribe(`events:${operationId}`, () => {
        woken = true;
        wake();
      });
      try {
        let last = sequence;
        while (!signal.aborted) {
          woken = false;
          const events = await unitOfWork.direct.operations.eventsAfter(operationId, last, BATCH);
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
        await unsubscribe();
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
