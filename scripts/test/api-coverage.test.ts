import { expect, it } from 'vitest';
import { untested } from './api-coverage.ts';

const description = JSON.stringify({
  paths: {
    '/boxes': { get: { operationId: 'listBoxes' }, post: { operationId: 'createBox' } },
    '/boxes/{name}': { get: { operationId: 'getBox' } },
  },
});

it('names the operations that nobody asked for', () => {
  expect(untested(description, ['listBoxes 200\n', 'createBox 202\nlistBoxes 400\n'])).toEqual([
    'getBox',
  ]);
});

it('does not take a refusal for a test', () => {
  expect(untested(description, ['listBoxes 200\ncreateBox 409\ngetBox 404\n'])).toEqual([
    'createBox',
    'getBox',
  ]);
});

it('is content when each was answered', () => {
  expect(untested(description, ['listBoxes 200\ncreateBox 202\ngetBox 304\n'])).toEqual([]);
});
