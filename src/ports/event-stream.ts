import type { OperationEvent } from '../core/operation/event.ts';

export interface EventStream {
  /**
   * The events after `sequence`, first those stored and then those to come, in order, none lost or
   * doubled in between. Ends after the event that ends the operation.
   * @throws OPERATION_NOT_FOUND
   */
  follow(operationId: string, sequence: number, signal: AbortSignal): AsyncIterable<OperationEvent>;
}

/** Wakes workers and followers; a poll stands behind it, so a lost wake-up costs time only. */
export interface Wakeups {
  /** @param channel `operations`, or `events:<operation id>` */
  notify(channel: string): Promise<void>;
  subscribe(channel: string, listener: () => void): Promise<() => Promise<void>>;
}
