import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createMask } from './mask.ts';

const secret = () => randomBytes(24).toString('base64');

it('replaces a secret at any depth, in keys and values, and leaves the rest', () => {
  const mask = createMask();
  const password = secret();
  mask.add(password);
  const document = { a: [`x ${password} y`, 7, null], [`k-${password}`]: { b: 'plain' } };
  expect(mask.apply(document)).toEqual({
    a: ['x ******** y', 7, null],
    'k-********': { b: 'plain' },
  });
});

it('knows a secret in the form that JSON gives it', () => {
  const mask = createMask();
  const password = `${secret()}"\\`;
  mask.add(password);
  expect(mask.apply(JSON.stringify({ password }))).toBe('{"password":"********"}');
});

it('replaces each line of a key, and the only line of a value that ends in a newline', () => {
  const mask = createMask();
  const [one, two, short] = [secret(), secret(), 'tail-of-15-char'];
  mask.add(`-----BEGIN KEY-----\n${one}\n${two}\n${short}\n-----END KEY-----\n`);
  expect(mask.apply(`${one} ${two} ${short} -----BEGIN KEY-----`)).toBe(
    `******** ******** ${short} -----BEGIN KEY-----`,
  );
  mask.add('pass-of-14-char\n');
  expect(mask.apply('is pass-of-14-char')).toBe('is ********');
});
