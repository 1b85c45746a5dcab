import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';

const KNOWN = ['instance_type', 'replica_count', 'target'];

test.each([
  ['instnace_type', 'instance_type'],
  ['REPLICA_COUNT', 'replica_count'],
  ['replicas_count', 'replica_count'],
  ['traget', 'target'],
  ['shared_buffers', null],
  ['', null],
  ['x'.repeat(1_000_000), null],
])('nearest to %.20s is %s', (word, near) => {
  expect(nearestName(word, KNOWN)).toBe(near);
});
