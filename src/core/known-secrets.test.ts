import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CENSOR, createSecretFilter } from './known-secrets.ts';

const percent = (text: string, lower = false) =>
  [...Buffer.from(text)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .map((hex) => `%${lower ? hex : hex.toUpperCase()}`)
    .join('');

const ENCODINGS: Record<string, (secret: string) => string> = {
  plain: (secret) => secret,
  'in capitals': (secret) => secret.toUpperCase(),
  'percent-encoded where needed': encodeURIComponent,
  'percent-encoded as a whole': (secret) => percent(secret),
  'percent-encoded in small letters': (secret) => percent(secret, true),
  'percent-encoded in part': (secret) => percent(secret.slice(0, 3)) + secret.slice(3),
  'percent-encoded twice': (secret) => encodeURIComponent(percent(secret)),
  'in JSON': (secret) => JSON.stringify(secret).slice(1, -1),
  'in JSON in JSON': (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  'in JSON as escapes': (secret) =>
    [...secret].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
};

/** Number of random cases. Low, because each run compiles a pattern. */
const FEW = { numRuns: 20 };

const secrets = fc.oneof(
  fc.constant(0).map(() => randomBytes(24).toString('hex')),
  fc
    .string({ unit: 'grapheme-ascii', minLength: 16, maxLength: 60 })
    .filter((text) => !/\s/.test(text)),
);

test.each(Object.entries(ENCODINGS))('a secret is found %s', (_name, encode) => {
  fc.assert(
    fc.property(secrets, fc.string(), fc.string(), (secret, before, after) => {
      const filtered = createSecretFilter([secret])(`${before} ${encode(secret)} ${after}`);
      expect(filtered).toContain(CENSOR);
      expect(filtered).not.toContain(encode(secret));
    }),
    FEW,
  );
});

test('a secret is found in base64, with any text before and after it', () => {
  fc.assert(
    fc.property(
      secrets,
      fc.string({ maxLength: 5 }),
      fc.string({ maxLength: 5 }),
      (secret, before, after) => {
        const text = Buffer.from(before + secret + after);
        const filter = createSecretFilter([secret]);
        expect(filter(text.toString('base64'))).toContain(CENSOR);
        expect(filter(text.toString('base64url'))).toContain(CENSOR);
      },
    ),
    FEW,
  );
});

test('other text is not changed', () => {
  const filter = createSecretFilter([randomBytes(24).toString('hex'), 'short']);
  fc.assert(fc.property(fc.string(), (text) => void expect(filter(text)).toBe(text)));
  expect(filter('short words')).toBe('short words');
});
