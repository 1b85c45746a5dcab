import type { Manner, Style } from '../terminal/terminal.ts';
import { inOneLine, widthOf } from '../terminal/terminal-text.ts';

const GAP = '   ';

/**
 * Columns as wide as their widest cell, the heads dim. Where they do not fit into the terminal, each row
 * becomes a block with one line for each cell, so that no cell is broken.
 */
export function table(
  heads: readonly string[],
  entries: readonly string[][],
  { style, columns }: Pick<Manner, 'style' | 'columns'>,
): string {
  const rows = entries.map((cells) => cells.map(inOneLine));
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const total = widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length);
  if (columns !== null && total > columns && rows.length > 0) {
    return rows
      .map((row) =>
        facts(
          heads.map((head, column) => [head, row[column] ?? '']),
          style,
        ),
      )
      .join('\n\n');
  }
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
      .join(GAP)
      .trimEnd();
  return [style('dim', line(heads)), ...rows.map(line)].join('\n');
}

/** Names beside their values. */
export function facts(entries: readonly (readonly [string, string])[], style: Style): string {
  const widest = Math.max(...entries.map(([name]) => name.length));
  return entries
    .map(([name, value]) => `${style('dim', name.padEnd(widest))}${GAP}${value}`.trimEnd())
    .join('\n');
}

export function indent(text: string, by = '  '): string {
  return text.replace(/^(?=.)/gm, by);
}

const SHORT_ID_LENGTH = 13;

/** The time in an id: enough to name a record, and accepted wherever an id is. */
export function shortId(id: string): string {
  return id.slice(0, SHORT_ID_LENGTH);
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
