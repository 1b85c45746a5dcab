import { randomBytes } from 'node:crypto';

/**
 * Characters that a terminal obeys instead of showing: C0 and C1 controls with escape sequences, and the
 * marks that change the direction of text. Line feed and tab stay.
 */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it finds them
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Characters that would end a cell of a table. */
const LINE_BREAKS = /[\t\n]/g;

/** Encloses the control sequences of this program. Text from elsewhere cannot contain it. */
const MARK = `\u{f0000}${randomBytes(8).toString('hex')}\u{f0000}`;

/** A control sequence that `write` leaves as it is, e.g. a colour. */
export function control(sequence: string): string {
  return `${MARK}${sequence}${MARK}`;
}

/**
 * Writes a text, with every control character that is not from `control` escaped. All output of the
 * command line goes through this function: labels, names, messages and events come from other users.
 * The escapes are those of JSON, so a JSON document stays the same document.
 */
export function write(stream: NodeJS.WriteStream, text: string): void {
  stream.write(forTerminal(text));
}

export function forTerminal(text: string): string {
  return text
    .split(MARK)
    .map((part, index) => (index % 2 === 0 ? part.replace(CONTROLS, escaped) : part))
    .join('');
}

/** The text as one cell of a table or one word of a line. */
export function inOneLine(text: string): string {
  return text.replace(LINE_BREAKS, escaped);
}

/** The text as a terminal shows it, to count its characters. */
export function withoutControls(text: string): string {
  return text
    .split(MARK)
    .filter((_, index) => index % 2 === 0)
    .map((part) => part.replace(CONTROLS, escaped))
    .join('');
}

/** Number of characters that a terminal shows. */
export function widthOf(text: string): number {
  return withoutControls(text).length;
}

/**
 * Breaks lines that are longer than the terminal, at spaces only: a word that is longer has a line to
 * itself. Continued lines keep the indent of the first.
 * @param columns null: no limit
 */
export function wrap(text: string, columns: number | null): string {
  if (columns === null) return text;
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  const indent = /^ */.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let current = '';
  for (const word of line.slice(indent.length).split(' ')) {
    const longer = current === '' ? `${indent}${word}` : `${current} ${word}`;
    if (current !== '' && widthOf(longer) > columns) {
      lines.push(current.trimEnd());
      current = `${indent}${word}`;
    } else current = longer;
  }
  return [...lines, current].join('\n');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A line that fits into `width` columns. A line that is too long loses its colours. */
export function cut(line: string, width: number): string {
  const shown = withoutControls(line);
  return shown.length <= width ? line : `${shown.slice(0, width - 1)}…`;
}
