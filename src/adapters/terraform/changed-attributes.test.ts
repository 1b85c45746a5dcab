import { expect, it } from 'vitest';
import { changedAttributes } from './changed-attributes.ts';

it.each([
  [
    'an update by the leaves that differ',
    {
      actions: ['update'],
      before: { size: 20, root: [{ size: 8, tags: { a: '1' } }], same: [1] },
      after: { size: 30, root: [{ size: 9, tags: { a: '1' } }], same: [1] },
    },
    ['size', 'root.size'],
  ],
  [
    'what only the apply will know',
    {
      actions: ['update'],
      before: { id: 'a', b: 1 },
      after: { b: 1 },
      after_unknown: { id: true },
    },
    ['id'],
  ],
  [
    'a replacement by what forces it, and no other difference',
    {
      actions: ['delete', 'create'],
      before: { kms_key_id: 'a', size: 1 },
      after: { kms_key_id: 'b', size: 2 },
      after_unknown: {},
      replace_paths: [['kms_key_id']],
    },
    ['kms_key_id'],
  ],
  [
    'the part of an object that forces it',
    {
      actions: ['delete', 'create'],
      before: { triggers_replace: { port: 1, address: 'a' } },
      after: { triggers_replace: { port: 2, address: 'a' } },
      replace_paths: [['triggers_replace']],
    },
    ['triggers_replace.port'],
  ],
  [
    'a block by its name and member',
    {
      actions: ['create', 'delete'],
      before: { root_block_device: [{ kms_key_id: 'a' }] },
      after: { root_block_device: [{ kms_key_id: 'b' }] },
      replace_paths: [['root_block_device', 0, 'kms_key_id']],
    },
    ['root_block_device.kms_key_id'],
  ],
  ['nothing of a removal', { actions: ['delete'], before: { size: 1 }, after: null }, []],
  ['nothing of an addition', { actions: ['create'], before: null, after: { size: 1 } }, []],
])('names %s', (_what, change, expected) => {
  expect(changedAttributes(change)).toEqual(expected);
});
