import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { attributeEffect } from '../../core/plan/attribute-effects.ts';
import { readAttributeEffects } from './attribute-effects.ts';

const module = (target: string) =>
  fileURLToPath(new URL(`../../../terraform/modules/${target}`, import.meta.url));

it.each([
  ['aws_instance', 'instance_type', 'stops-instance'],
  ['aws_ebs_volume', 'kms_key_id', 'ignored-by-module'],
  ['aws_ebs_volume', 'size', 'in-place'],
  ['aws_instance', 'tags.Name', 'in-place'],
  ['aws_instance', 'root_block_device.volume_type', 'in-place'],
])('reads what a change of %s.%s does', async (type, attribute, change) => {
  const effects = await readAttributeEffects(module('aws'));
  expect(attributeEffect(effects, type, attribute)?.change).toBe(change);
});

it('knows nothing of what is not listed', async () => {
  expect(await readAttributeEffects(module('local'))).toEqual({});
  expect(attributeEffect({}, 'aws_instance', 'instance_type')).toBeNull();
});
