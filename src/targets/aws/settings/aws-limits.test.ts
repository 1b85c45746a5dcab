import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constraint, DOCUMENT, objection } from '../../../../test/aws/ec2/constraints.ts';
import { CLUSTER_NAME_PATTERN } from '../../../core/cluster/cluster-spec.ts';
import { awsSettingsSchema } from './aws-settings.ts';

const accepts = (members: object) =>
  awsSettingsSchema.safeParse({ region: 'eu-central-1', ...members }).success;

/** Generates texts of all lengths, including texts longer than the service accepts. */
const texts = (maxLength: number) =>
  fc.oneof(
    fc.string({ maxLength }),
    fc.string({ maxLength, unit: 'grapheme' }),
    fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,80}$/),
    fc.constantFrom('x'.repeat(maxLength), 'é', ''),
  );

describe('a setting that the schema accepts, the service accepts', () => {
  it.each([
    ['key_name', 'ec2:ImportKeyPairRequest.KeyName', 300],
    ['kms_key_id', 'kms:DescribeKeyRequest.KeyId', 100],
  ] as const)('%s', (member, name, longest) => {
    const limit = constraint(name);
    fc.assert(
      fc.property(texts(longest), (text) => {
        const private_key_file = '/k.pem';
        if (accepts({ [member]: text, private_key_file }))
          expect(objection(limit, text)).toBeNull();
      }),
    );
  });

  it('bucket', () => {
    const pattern = new RegExp(String(DOCUMENT.limits.bucket_pattern?.value));
    fc.assert(
      fc.property(texts(70), (bucket) => {
        const state_bucket = { bucket, key: 'k', region: 'eu-central-1' };
        if (accepts({ state_bucket })) expect(bucket).toMatch(pattern);
      }),
    );
  });
});

describe('what the module makes of the longest cluster name, AWS accepts', () => {
  const cluster = 'x'.repeat(40);
  const name = `hathi-0a1b2c-${cluster}`;

  it.each([
    ['ec2:CreateSecurityGroupRequest.GroupName', name],
    ['ec2:CreateSecurityGroupRequest.Description', `PostgreSQL cluster ${cluster}`],
    ['ec2:ImportKeyPairRequest.KeyName', name],
    ['iam:CreateRoleRequest.RoleName', name],
    ['iam:CreateInstanceProfileRequest.InstanceProfileName', name],
    ['iam:Tag.Value', name],
    ['ec2:Tag.Value', `${name}-private-ap-southeast-99a`],
  ])('%s', (limit, text) => {
    expect(cluster).toMatch(CLUSTER_NAME_PATTERN);
    expect(objection(constraint(limit), text)).toBeNull();
  });
});
