/** Time and ids. A port, so that `core` and the services stay pure. */
export interface Clock {
  now(): Date;
  /** Resolves after the time, or rejects with the signal's reason. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface IdSource {
  /** A UUID of version 7, which sorts by time. */
  next(): string;
}
