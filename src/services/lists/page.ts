/** A part of a list: at most `limit` entries after those that `cursor` ends. */
export interface PageRequest {
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface PageOf<Entry> {
  entries: Entry[];
  /** null with the last part. */
  next_cursor: string | null;
}
