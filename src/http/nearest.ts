/** Beyond this share of the word's length two words have nothing to do with each other. */
const MAX_DISTANCE_SHARE = 0.4;

/** Edits (insert, delete, replace) that turn one word into the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const deleted = (previous[column] ?? 0) + 1;
      const inserted = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, deleted, inserted));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}

/** The known word that was most likely meant, or null where none is near. */
export function nearestOf(word: string, known: Iterable<string>): string | null {
  let best: { name: string; distance: number } | null = null;
  // A long word is certainly no typing mistake, and its distance would be costly.
  if (word.length > 64) return null;
  for (const name of known) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance > Math.max(word.length, name.length) * MAX_DISTANCE_SHARE) continue;
    if (best === null || distance < best.distance) best = { name, distance };
  }
  return best?.name ?? null;
}
