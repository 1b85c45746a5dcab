import { median, spread } from './statistics.ts';

export type Row = readonly (string | number)[];

/** A table in Markdown: the first column to the left, figures to the right. */
export function table(head: Row, rows: readonly Row[]): string {
  const line = (row: Row) => `| ${row.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/**
 * Each name's figures over all runs, in the order in which they came, with its share of the whole.
 * @param runs of each run its parts, by name and in seconds
 * @param whole seconds
 */
export function breakdown(
  runs: readonly (readonly [name: string, seconds: number][])[],
  whole: number,
): string {
  const figures = new Map<string, number[]>();
  for (const [name, seconds] of runs.flat()) {
    figures.set(name, [...(figures.get(name) ?? []), seconds]);
  }
  const rows = [...figures].map(([name, seconds]) => [
    name,
    spread(seconds),
    `${Math.round((100 * median(seconds)) / whole)} %`,
  ]);
  return table(['', 'seconds', 'of the whole'], rows);
}
