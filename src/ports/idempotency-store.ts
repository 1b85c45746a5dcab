/** What a request with an idempotency key was answered. */
export interface StoredAnswer {
  status: number;
  location: string | null;
  body: string;
}

/** What is known of a key that is used again. */
export interface IdempotencyRecord {
  fingerprint: string;
  /** The server that answers, or answered, its first request. */
  holder: string;
  /** null while it is being answered. */
  answer: StoredAnswer | null;
}

export interface IdempotencyStore {
  /** Takes the key for this request. @returns what is known of it, where it was taken before */
  take(key: string, fingerprint: string, holder: string): Promise<IdempotencyRecord | null>;
  /** Takes over a key whose holder died. @returns whether nobody else did */
  takeOver(key: string, from: string, holder: string): Promise<boolean>;
  answer(key: string, answer: StoredAnswer): Promise<void>;
  /** Frees a key whose request changed nothing. */
  release(key: string): Promise<void>;
  removeOlderThan(hours: number): Promise<void>;
}
