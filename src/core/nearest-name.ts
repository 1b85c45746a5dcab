/** Maximum number of edits between similar names, as a share of the length of the name. */
const MAX_DISTANCE_SHARE = 0.34;

/**
 * Length of the longest valid name. A longer text is not a typing error, and its comparison is
 * slow.
 */
const MAX_NAME_LENGTH = 63;

/** Returns the most similar known name, or null if none is similar. */
export function nearestName(given: string, known: Iterable<string>): string | null {
  if (given.length > MAX_NAME_LENGTH) return null;
  let nearest: { name: string; edits: number } | null = null;
  for (const name of known) {
    const bound = Math.max(given.length, name.length) * MAX_DISTANCE_SHARE;
    // Each edit changes the length by at most one.
    if (Math.abs(given.length - name.length) > bound) continue;
    const edits = editDistance(given.toLowerCase(), name.toLowerCase());
    if (edits <= bound && (!nearest || edits < nearest.edits)) nearest = { name, edits };
  }
  return nearest?.name ?? null;
}

/** Number of edits between two names; a swap of two neighbours is one edit. */
function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= to.length; column += 1) {
      const differs = from[row - 1] === to[column - 1] ? 0 : 1;
      let edits = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + differs,
      );
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && swapped) edits = Math.min(edits, at(row - 2, column - 2) + 1);
      current.push(edits);
    }
  }
  return at(from.length, to.length);
}
