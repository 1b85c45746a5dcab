/** A part of a list, in the list's own order. */
export interface Page {
  /** The last key of the part before; absent for the first. */
  after?: string | undefined;
  limit: number;
}
