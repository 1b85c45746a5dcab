import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mannerOf } from '../terminal/terminal.ts';
import { widthOf, wrap } from '../terminal/terminal-text.ts';
import { shortId, table } from './table.ts';

const COLUMNS = 80;
const terminal = mannerOf({ isTTY: true, columns: COLUMNS }, {});
const word = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 })
  .map((text) => text.replaceAll(/\s/g, '_'));

it('breaks no word of a table that fits into a line of the terminal', () => {
  const rows = fc.array(fc.array(word, { minLength: 4, maxLength: 4 }), { minLength: 1 });
  fc.assert(
    fc.property(rows, (entries) => {
      const heads = ['cluster', 'kind', 'state', 'id'];
      const text = wrap(table(heads, entries, terminal), COLUMNS);
      for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(COLUMNS);
      for (const cell of entries.flat()) expect(text).toContain(cell);
    }),
  );
});

it('breaks texts at spaces only, and keeps the indent', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
      const text = wrap(`  ${words.join(' ')}`, COLUMNS);
      expect(text.split(/\s+/).filter(Boolean)).toEqual(words);
      for (const line of text.split('\n')) {
        expect(line.startsWith('  ')).toBe(true);
        expect(widthOf(line)).toBeLessThanOrEqual(COLUMNS);
      }
    }),
  );
});

it('leaves what does not go to a terminal in one line each', () => {
  const pipe = mannerOf({}, {});
  const cells = ['x'.repeat(90), 'y'];
  expect(table(['one', 'other'], [cells], pipe).split('\n')).toHaveLength(2);
  expect(wrap('a '.repeat(100), pipe.columns)).toBe('a '.repeat(100));
});

it('shortens an id to its time', () => {
  expect(shortId('01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02')).toBe('01a20b10-3c64');
});
