import type { Style } from './terminal.ts';
import { inOneLine, withoutControls } from './terminal-text.ts';

const GAP = '   ';

/** Columns as wide as their widest cell, the heads dim. */
export function table(
  heads: readonly string[],
  entries: readonly string[][],
  style: Style,
): string {
  const rows = entries.map((cells) => cells.map(inOneLine));
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => width(row[column] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell))))
      .join(GAP)
      .trimEnd();
  return [style('dim', line(heads)), ...rows.map(line)].join('\n');
}

/** Names beside their values. */
export function facts(entries: readonly (readonly [string, string])[], style: Style): string {
  const widest = Math.max(...entries.map(([name]) => name.length));
  return entries
    .map(([name, value]) => `${style('dim', name.padEnd(widest))}${GAP}${value}`)
    .join('\n');
}

export function indent(text: string, by = '  '): string {
  return text.replace(/^(?=.)/gm, by);
}

function width(text: string): number {
  return withoutControls(text).length;
}

const UNITS: readonly [number, string][] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
];

/** How long ago, e.g. `5 min ago`. */
export function ago(instant: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(instant)) / 1000));
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit} ago`;
}
