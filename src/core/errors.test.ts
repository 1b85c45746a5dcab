import { expect, test } from 'vitest';
import { HathiError, sentenceOf } from './errors.ts';

test.each([
  [new HathiError('TOKEN_REQUIRED', 'Set\n  HATHI_TOKEN.'), 'TOKEN_REQUIRED: Set HATHI_TOKEN.'],
  [Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' }), 'ENOSPC: no space'],
  [Object.assign(new Error('full'), { code: 'ENOSPC' }), 'ENOSPC: full'],
  [new TypeError('x is undefined'), 'INTERNAL: x is undefined'],
  ['text', 'INTERNAL: text'],
  [null, 'INTERNAL: null'],
])('%j is one sentence', (error, sentence) => {
  expect(sentenceOf(error)).toBe(sentence);
});
