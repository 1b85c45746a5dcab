/** A part of a list, in the order of the list. */
export interface Page {
  /** The last key of the previous part; absent for the first part. */
  after?: string | undefined;
  limit: number;
}
