import { HathiError } from '../errors.ts';

/**
 * Writes HCL in the layout of `terraform fmt`. Every string is quoted so that its content cannot
 * end the quotes or begin a template.
 */

/** HCL that is written unchanged. It is made only from constant text of Hathi. */
export class Expression {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export const expression = (text: string): Expression => new Expression(text);

export type HclValue =
  | string
  | number
  | boolean
  | null
  | Expression
  | readonly HclValue[]
  | { readonly [key: string]: HclValue };

export type HclItem =
  | { kind: 'attribute'; name: string; value: HclValue }
  | { kind: 'block'; type: string; labels: readonly string[]; body: readonly HclItem[] }
  | { kind: 'comment'; text: string }
  | { kind: 'blank' };

export const attribute = (name: string, value: HclValue): HclItem => ({
  kind: 'attribute',
  name,
  value,
});
export const block = (
  type: string,
  labels: readonly string[],
  body: readonly HclItem[],
): HclItem => ({ kind: 'block', type, labels, body });
/** A comment with one line for each line of the text. */
export const comment = (text: string): HclItem => ({ kind: 'comment', text });
export const blank: HclItem = { kind: 'blank' };

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_-]*$/;
/** Words that have another meaning as the key of an object. */
const KEYWORDS = new Set(['for', 'null', 'true', 'false']);

/** @returns the text of a file, ending in a newline */
export function writeHcl(items: readonly HclItem[]): string {
  return `${bodyLines(items, '').join('\n')}\n`;
}

function bodyLines(items: readonly HclItem[], indent: string): string[] {
  const entries = items.map((item) => entryOf(item, indent));
  return aligned(entries, indent);
}

function entryOf(item: HclItem, indent: string): Entry {
  switch (item.kind) {
    case 'blank':
      return { lines: [''] };
    case 'comment':
      return {
        lines: item.text.split('\n').map((line) => `${indent}# ${line}`.trimEnd()),
      };
    case 'attribute':
      return assignment(identifier(item.name), item.value, indent);
    case 'block': {
      const labels = item.labels.map((label) => ` ${quote(label)}`).join('');
      const head = `${indent}${identifier(item.type)}${labels} {`;
      if (item.body.length === 0) return { lines: [`${head}}`] };
      return { lines: [head, ...bodyLines(item.body, `${indent}  `), `${indent}}`] };
    }
  }
}

/** An entry with a key has one line, whose `=` is aligned with its neighbours'. */
type Entry = { lines: string[] } | { key: string; value: string };

function assignment(key: string, value: HclValue, indent: string): Entry {
  const [first = '', ...rest] = valueLines(value, indent);
  if (rest.length === 0) return { key, value: first };
  return { lines: [`${indent}${key} = ${first}`, ...rest] };
}

/** Lines of a value; all lines except the first are indented. */
function valueLines(value: HclValue, indent: string): string[] {
  if (value === null) return ['null'];
  if (value instanceof Expression) return [value.text];
  if (typeof value === 'string') return [quote(value)];
  if (typeof value === 'boolean') return [String(value)];
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(`${value} is no number that HCL can write`);
    return [String(value)];
  }
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return ['[]'];
    const elements = value.flatMap((element: HclValue) => {
      const lines = valueLines(element, inner);
      return [`${inner}${lines[0]}`, ...lines.slice(1)].map((line, index, all) =>
        index === all.length - 1 ? `${line},` : line,
      );
    });
    return ['[', ...elements, `${indent}]`];
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return ['{}'];
  const written = entries.map(([key, element]) =>
    assignment(IDENTIFIER.test(key) && !KEYWORDS.has(key) ? key : quote(key), element, inner),
  );
  return ['{', ...aligned(written, inner), `${indent}}`];
}

function aligned(entries: readonly Entry[], indent: string): string[] {
  const lines: string[] = [];
  let group: { key: string; value: string }[] = [];
  const closeGroup = () => {
    const widest = Math.max(...group.map(({ key }) => columns(key)));
    for (const { key, value } of group) {
      lines.push(`${indent}${key}${' '.repeat(widest - columns(key))} = ${value}`);
    }
    group = [];
  };
  for (const entry of entries) {
    if ('key' in entry) {
      group.push(entry);
    } else {
      closeGroup();
      lines.push(...entry.lines);
    }
  }
  closeGroup();
  return lines;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

function columns(text: string): number {
  return [...graphemes.segment(text)].length;
}

function identifier(name: string): string {
  if (!IDENTIFIER.test(name)) throw refused(`"${name}" is no HCL identifier`);
  return name;
}

const ESCAPES: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * A string as a quoted template without interpolation. HCL normalises strings to NFC, so they are
 * normalised here, where the result is visible.
 * @throws INVALID_REQUEST for a NUL or half a surrogate pair, which HCL cannot hold
 */
export function quote(text: string): string {
  if (text.includes('\0')) throw refused('a string with a NUL cannot be written');
  if (!text.isWellFormed()) throw refused('a string with half a surrogate pair cannot be written');
  const escaped = text
    .normalize('NFC')
    // Invisible characters, and characters that change the text direction, are escaped.
    .replace(
      /["\\]|[\p{C}\p{Zl}\p{Zp}]/gu,
      (character) => ESCAPES[character] ?? codePoint(character),
    )
    // `$${` means `${`, but only if no other `$` precedes it.
    .replace(/(?<![$%])([$%]+)\{/g, (_, marks: string) =>
      marks.length === 1
        ? `${marks}${marks}{`
        : `${marks.slice(0, -1)}${codePoint(marks.at(-1) as string)}{`,
    );
  return `"${escaped}"`;
}

function codePoint(character: string): string {
  const code = character.codePointAt(0) as number;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

function refused(reason: string): HathiError {
  return new HathiError(
    'INVALID_REQUEST',
    `Terraform's language cannot hold the value: ${reason}.`,
  );
}
