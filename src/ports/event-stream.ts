import type { OperationEvent } from '../core/operation/event.ts';

export interface EventStream {
  /**
   * The events after `sequence` in order: first the stored events, then the new ones, without a gap
   * or a duplicate. Ends after the event that ends the operation.
   * @throws OPERATION_NOT_FOUND
   */
  follow(operationId: string, sequence: number, signal: AbortSignal): AsyncIterable<OperationEvent>;
}

/** Wakes workers and followers. They also poll, so a lost wake-up only causes a delay. */
export interface Wakeups {
  /** @param channel `operations`, or `events:<operation id>` */
  notify(channel: string): Promise<void>;
  subscribe(channel: string, listener: () => void): Promise<() => Promise<void>>;
}
