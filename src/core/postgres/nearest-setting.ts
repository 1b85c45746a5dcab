import { nearestName } from '../nearest-name.ts';

/**
 * The setting that the user most likely meant: the nearest by edits, otherwise the shortest that
 * contains all of the given words (`min_duration` → `log_min_duration_sample`).
 */
export function nearestSetting(name: string, known: readonly string[]): string | null {
  const given = name.toLowerCase().replaceAll(/[-\s]/g, '_');
  const nearest = nearestName(given, known);
  if (nearest !== null) return nearest;
  const words = given.split('_').filter((word) => word !== '');
  const containing = known.filter((candidate) => {
    const parts = candidate.toLowerCase().split('_');
    return words.length > 0 && words.every((word) => parts.includes(word));
  });
  return containing.sort((a, b) => a.length - b.length)[0] ?? null;
}
