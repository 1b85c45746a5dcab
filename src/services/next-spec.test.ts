import { describe, expect, it } from 'vitest';
import type { AwsChanges } from '../core/aws/aws-settings.ts';
import { awsChangesSchema } from '../core/aws/aws-settings.ts';
import { nextSpec } from './cluster-requests.ts';

const defaults = { defaultTarget: 'aws', awsDefaults: { region: 'eu-central-1' } } as const;
const specOf = (aws: AwsChanges) => nextSpec('orders', null, { aws }, defaults);

describe('a change of one field of an object of aws', () => {
  const current = specOf({ data_volume: { size_gib: 40, iops: 6_000, throughput_mib_s: 500 } });

  it('keeps the other fields of the cluster', () => {
    const change = awsChangesSchema.parse({ data_volume: { size_gib: 50 } });
    expect(nextSpec('orders', current, { aws: change }, defaults).aws).toEqual({
      ...current.aws,
      data_volume: { size_gib: 50, iops: 6_000, throughput_mib_s: 500 },
    });
  });

  it('gets the defaults for the rest in a new cluster', () => {
    expect(specOf({ data_volume: { size_gib: 50 } }).aws?.data_volume).toEqual({
      size_gib: 50,
      iops: 3_000,
      throughput_mib_s: 125,
    });
  });

  it('is refused by name where a field is missing and has no default', () => {
    expect(() => specOf({ bastion: { host: 'bastion.example.com' } })).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        message: 'aws/bastion/host_key: is missing.',
        details: { errors: [{ path: '/aws/bastion/host_key', message: 'is missing' }] },
      }),
    );
  });
});
