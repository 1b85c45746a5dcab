import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { createLogger } from '../../adapters/system/logger.ts';

const token = randomBytes(24).toString('hex');
const authorization = `Bearer ${token}`;
const lines: string[] = [];
let fake: FakeApp;

beforeAll(async () => {
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger('trace', { destination, secrets: [token] });
  // The path of the request is not always one that openapi.json describes.
  fake = await fakeApp({ token }, { logger, mismatch: 'log' });
});
afterAll(() => fake.app.close());

const encodings: ((text: string) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text.replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`),
  (text) => encodeURIComponent(text.replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`)),
  (text) => Buffer.from(`user:${text}`).toString('base64url'),
];
const places: ((text: string) => {
  url: string;
  headers?: Record<string, string>;
  body?: unknown;
})[] = [
  (text) => ({ url: `/errors/${text}` }),
  (text) => ({ url: `/${text}/a?b=c` }),
  (text) => ({ url: `/api/v1/clusters?cursor=${text}` }),
  (text) => ({ url: `/api/v1/clusters?${text}=1` }),
  (text) => ({ url: '/api/v1/clusters', headers: { 'idempotency-key': text } }),
  (text) => ({ url: '/api/v1/clusters', headers: { 'x-token': text } }),
  // The name of a header cannot contain %.
  () => ({ url: '/api/v1/clusters', headers: { [`x-${token}`]: '1' } }),
  (text) => ({ url: '/api/v1/clusters', body: { name: 'a', labels: { team: text } } }),
  (text) => ({ url: '/api/v1/clusters', body: { name: text } }),
  (text) => ({ url: '/create-ansible-script', body: { [text]: 1 } }),
];

const requests = fc
  .tuple(fc.constantFrom(...places), fc.constantFrom(...encodings), fc.boolean())
  .map(([place, encode, known]) => ({ ...place(encode(token)), known }));

test('a token in a wrong place is rejected, and neither logged nor sent back', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ url, headers = {}, body, known }) => {
      lines.length = 0;
      const response = await fake.app.inject({
        method: body === undefined ? 'GET' : 'POST',
        url,
        headers: { ...headers, ...(known ? { authorization } : {}) },
        ...(body === undefined ? {} : { payload: body as object }),
      });
      expect(response.statusCode).toBeGreaterThan(399);
      expect(response.statusCode).toBeLessThan(500);
      expect(fake.operations.submissions).toEqual([]);
      const written = `${lines.join('')}${response.body}${JSON.stringify(response.headers)}`;
      for (const encode of encodings) expect(written).not.toContain(encode(token));
    }),
    { numRuns: 150 },
  );
});

test('the error names the position of the token', async () => {
  const send = (url: string, headers = {}) =>
    fake.app.inject({ url, headers: { authorization, ...headers } });
  expect((await send(`/health?a=${token}`)).json().detail).toContain('The URL of the request');
  expect((await send('/health', { cookie: token })).json().detail).toContain('The headers of');
  expect((await send('/health')).statusCode).toBe(200);
});
