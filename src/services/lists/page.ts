/** A page of a list: at most `limit` entries after `cursor`. */
export interface PageRequest {
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface PageOf<Entry> {
  entries: Entry[];
  /** null on the last page. */
  next_cursor: string | null;
}
