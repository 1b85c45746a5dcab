import fc from 'fast-check';
import { expect, test } from 'vitest';
import { laterLsn, parseLsn, replicationLagBytes } from './lsn.ts';

const lsn = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const print = (value: bigint): string =>
  `${(value >> 32n).toString(16).toUpperCase()}/${(value & 0xffffffffn).toString(16).toUpperCase()}`;

test('a printed LSN reads back as the same position, in all 64 bits', () => {
  fc.assert(fc.property(lsn, (value) => parseLsn(print(value)) === value));
});

test('lag counts bytes across the border of the lower half, and is never negative', () => {
  expect(replicationLagBytes('1/0', '0/FFFFFFFF')).toBe(1);
  expect(replicationLagBytes('0/3000148', '0/3000148')).toBe(0);
  expect(replicationLagBytes('0/9', 'A/0')).toBe(0);
});

test('the later LSN is determined by position, not by spelling', () => {
  expect(laterLsn('0/A000000', '0/9FFFFFFF')).toBe('0/9FFFFFFF');
  expect(laterLsn('10/0', '9/FFFFFFFF')).toBe('10/0');
  expect(laterLsn(null, '0/1')).toBe('0/1');
  expect(laterLsn(null, null)).toBeNull();
});

test.each(['', '0', '0/', '/0', '0/3000148 ', '0x0/1', '123456789/0', '0/G'])(
  '%j is refused',
  (text) => {
    expect(() => parseLsn(text)).toThrow(expect.objectContaining({ code: 'INVALID_LSN' }));
  },
);
