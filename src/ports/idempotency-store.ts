/** Response to a request with an idempotency key. */
export interface StoredResponse {
  status: number;
  location: string | null;
  body: string;
}

export interface IdempotencyRecord {
  fingerprint: string;
  /** Id of the server's run that handles, or handled, the first request with the key. */
  holder: string;
  /** null while the request is being handled. */
  response: StoredResponse | null;
}

export interface IdempotencyStore {
  /** Acquires the key for this request. @returns the record of an earlier request, if any */
  take(key: string, fingerprint: string, holder: string): Promise<IdempotencyRecord | null>;
  /** Takes over a key whose holder died. @returns false if another server was first */
  takeOver(key: string, from: string, holder: string): Promise<boolean>;
  storeResponse(key: string, response: StoredResponse): Promise<void>;
  /** Releases a key whose request changed nothing. */
  release(key: string): Promise<void>;
  removeOlderThan(hours: number): Promise<void>;
}
