import { expect, it } from 'vitest';
import type { ClusterSpec } from '../../../core/cluster/cluster-spec.ts';
import { type AwsSettings, awsSettingsSchema } from './aws-settings.ts';
import { fixedFields } from './fixed-fields.ts';

const AWS = awsSettingsSchema.parse({
  region: 'eu-central-1',
  control_cidrs: ['203.0.113.7/32'],
  data_volume: { size_gib: 20, iops: 3000, throughput_mib_s: 125 },
});
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/a';

function spec(aws: Partial<AwsSettings> = {}, more: Partial<ClusterSpec> = {}): ClusterSpec {
  return {
    name: 'pg',
    target: 'aws',
    instance_type: 't3.medium',
    replica_count: 2,
    postgres_version: '17',
    failover_profile: 'balanced',
    allow_list: [],
    parameters: {},
    aws: { ...AWS, ...aws },
    ...more,
  };
}

const data = (size_gib: number) => ({ ...AWS.data_volume, size_gib });
const OWN_KEY = { key_name: 'mine', private_key_file: '/keys/a' };

it.each([
  ['instance_type', spec(), spec({}, { instance_type: 'm7g.large' })],
  ['aws/kms_key_id', spec(), spec({ kms_key_id: KEY })],
  ['aws/key_name,aws/private_key_file', spec(), spec(OWN_KEY)],
  ['aws/key_name', spec(OWN_KEY), spec({ ...OWN_KEY, key_name: 'other' })],
  ['', spec(OWN_KEY), spec({ ...OWN_KEY, private_key_file: '/keys/moved' })],
  ['aws/ssh_user', spec(), spec({ ssh_user: 'ubuntu' })],
  ['aws/connection', spec(), spec({ connection: 'private' })],
  ['aws/connection', spec({ connection: 'ssm' }), spec()],
  ['', spec({ connection: 'private' }), spec({ connection: 'ssm' })],
  ['aws/data_volume/size_gib', spec(), spec({ data_volume: data(19) })],
  ['', spec(), spec({ data_volume: data(21) })],
  ['aws/root_volume/size_gib', spec(), spec({ root_volume: { size_gib: 8 } })],
  ['', spec(), spec({ control_cidrs: [] }, { replica_count: 5, allow_list: ['10.0.0.0/8'] })],
])('finds that %s is fixed', (fields, before, after) => {
  const found = fixedFields(before, after);
  expect(found.map(({ field }) => field).join()).toBe(fields);
});

it('names both values and the reason', () => {
  expect(fixedFields(spec(), spec({ kms_key_id: KEY }))).toEqual([
    {
      field: 'aws/kms_key_id',
      before: null,
      after: KEY,
      why: 'existing volumes keep their key, so only new nodes would have the new one',
    },
  ]);
});

it('leaves the type of a local cluster alone, which is only recorded', () => {
  const { aws: _, ...local } = spec({}, { target: 'local' });
  expect(fixedFields(local, { ...local, instance_type: 'm7g.large' })).toEqual([]);
});
