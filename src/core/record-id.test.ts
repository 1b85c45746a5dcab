import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ID_PREFIX_PATTERN, idRange, isWholeId, SHORTEST_PREFIX } from './record-id.ts';

it('contains each id in the range of each of its prefixes', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: SHORTEST_PREFIX, max: 36 }), (id, length) => {
      const prefix = id.slice(0, length);
      expect(prefix).toMatch(ID_PREFIX_PATTERN);
      const { first, last } = idRange(prefix.toUpperCase());
      expect([first, last].every(isWholeId)).toBe(true);
      expect(first <= id && id <= last).toBe(true);
      expect(first.startsWith(prefix) && last.startsWith(prefix)).toBe(true);
    }),
  );
});

it('rejects shorter prefixes and other texts', () => {
  for (const wrong of ['0194000', 'g1940000', '01940000%', "01940000' or 1=1"]) {
    expect(wrong).not.toMatch(ID_PREFIX_PATTERN);
  }
});
