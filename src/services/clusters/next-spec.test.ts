import { describe, expect, it } from 'vitest';
import { fakeAwsTarget, fakeTarget } from '../../../test/support/fake-target.ts';
import { targetsByName } from '../../shared/targets.ts';
import { createAwsTarget } from '../../targets/aws/aws-target.ts';
import { type AwsChanges, awsChangesSchema } from '../../targets/aws/settings/aws-settings.ts';
import { assertSpecCanBe, nextSpec } from './cluster-requests.ts';

/** A server with one target, whose configuration adds regions to the known ones. */
function serverWith(regions: string[]) {
  const aws = createAwsTarget({} as never, {
    env: {},
    defaults: { settings: { region: 'eu-central-1' }, regions },
  });
  return { defaultTarget: 'aws', targets: targetsByName(aws) };
}
const defaults = serverWith(['eu-central-9']);
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

describe('a region', () => {
  const bucket = { bucket: 'states', key: 'orders.tfstate' };

  it.each([
    [{ region: 'eu-centrall-1' }, '/aws/region', 'eu-central-1'],
    [{ region: 'us-east1' }, '/aws/region', 'us-east-1'],
    [
      { state_bucket: { ...bucket, region: 'eu-west-11' } },
      '/aws/state_bucket/region',
      'eu-west-1',
    ],
  ])('that AWS does not have is refused, with the nearest one: %j', (aws, path, suggestion) => {
    expect(() => specOf(aws)).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining(`did you mean ${suggestion}?`),
        details: { errors: [expect.objectContaining({ path, suggestion })] },
      }),
    );
  });

  it.each(['us-gov-west-1', 'cn-north-1', 'eusc-de-east-1', 'eu-central-9'])(
    '%s is accepted',
    (region) => {
      expect(specOf({ region }).aws?.region).toBe(region);
    },
  );

  it('stays valid for a cluster that is in it', () => {
    const current = specOf({ region: 'eu-central-9' });
    const later = serverWith([]);
    const changed = nextSpec('orders', current, { replica_count: 1 }, later);
    expect(changed).toMatchObject({ replica_count: 1, aws: { region: 'eu-central-9' } });
  });
});

it('names the target that cannot be changed, and not the settings of the old one', () => {
  const current = specOf({ control_cidrs: ['203.0.113.7/32'] });
  const targets = targetsByName(fakeAwsTarget(), fakeTarget());
  const next = nextSpec('orders', current, { target: 'local' }, { ...defaults, targets });
  expect(() => assertSpecCanBe(next, { spec: current, nodes: null }, targets)).toThrow(
    expect.objectContaining({
      code: 'INVALID_REQUEST',
      details: { errors: [expect.objectContaining({ path: '/target', expected: 'aws' })] },
    }),
  );
});
