/** Beyond this share of a name's length two names have nothing to do with each other. */
const MAX_DISTANCE_SHARE = 0.34;

/** The longest name of a setting has 42 letters; what is far longer is no slip of the finger. */
const MAX_NAME_LENGTH = 63;

/** Edits that turn one name into the other; two neighbours swapped are one edit. */
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

/**
 * The name that was most likely meant: the nearest by edits, else the shortest that has all of the
 * given words (`min_duration` → `log_min_duration_sample`).
 */
export function nearestSetting(name: string, known: readonly string[]): string | null {
  if (name.length > MAX_NAME_LENGTH) return null;
  const given = name.toLowerCase().replaceAll(/[-\s]/g, '_');
  let nearest: { candidate: string; edits: number } | undefined;
  for (const candidate of known) {
    const edits = editDistance(given, candidate.toLowerCase());
    const bound = Math.max(given.length, candidate.length) * MAX_DISTANCE_SHARE;
    if (edits <= bound && (!nearest || edits < nearest.edits)) nearest = { candidate, edits };
  }
  if (nearest) return nearest.candidate;
  const words = given.split('_').filter((word) => word !== '');
  const containing = known.filter((candidate) => {
    const parts = candidate.toLowerCase().split('_');
    return words.length > 0 && words.every((word) => parts.includes(word));
  });
  return containing.sort((a, b) => a.length - b.length)[0] ?? null;
}
