import { expect, it } from 'vitest';
import { removeCommand } from './remove-command.ts';
import { RESOURCE_TYPES, resourceTypeOf } from './resource-type.ts';

const REGION = 'eu-central-1';

it('names the command of the AWS CLI', () => {
  expect(removeCommand('volume', 'vol-0abc', REGION)).toBe(
    'aws ec2 delete-volume --region eu-central-1 --volume-id vol-0abc',
  );
  expect(removeCommand('elastic-ip', 'eipalloc-0abc', REGION)).toBe(
    'aws ec2 release-address --region eu-central-1 --allocation-id eipalloc-0abc',
  );
});

it('takes off the protection of a machine first', () => {
  expect(removeCommand('instance', 'i-0abc', REGION)).toBe(
    'aws ec2 modify-instance-attribute --region eu-central-1 --instance-id i-0abc --no-disable-api-termination && aws ec2 terminate-instances --region eu-central-1 --instance-ids i-0abc',
  );
});

it('takes away what hangs on it first', () => {
  expect(removeCommand('internet-gateway', 'igw-0a', REGION, { vpcIds: ['vpc-0b'] })).toMatch(
    /^aws ec2 detach-internet-gateway .*--vpc-id vpc-0b && aws ec2 delete-internet-gateway /,
  );
  expect(removeCommand('route-table', 'rtb-0a', REGION, { associationIds: ['a1', 'a2'] })).toMatch(
    /--association-id a1 && .*--association-id a2 && aws ec2 delete-route-table /,
  );
  expect(
    removeCommand('security-group-rule', 'sgr-0a', REGION, { groupId: 'sg-0b', isEgress: true }),
  ).toBe(
    'aws ec2 revoke-security-group-egress --region eu-central-1 --group-id sg-0b --security-group-rule-ids sgr-0a',
  );
});

it('asks IAM in no region', () => {
  expect(
    removeCommand('role', 'hathi-abc123-pg', REGION, { policyArns: ['arn:aws:iam::aws:policy/A'] }),
  ).toBe(
    'aws iam detach-role-policy --role-name hathi-abc123-pg --policy-arn arn:aws:iam::aws:policy/A && aws iam delete-role --role-name hathi-abc123-pg',
  );
  expect(removeCommand('instance-profile', 'p', REGION, { roleNames: ['r'] })).toBe(
    'aws iam remove-role-from-instance-profile --instance-profile-name p --role-name r && aws iam delete-instance-profile --instance-profile-name p',
  );
});

it('quotes what a shell would take apart', () => {
  expect(removeCommand('key-pair', "my key; rm -rf ~ 'x'", REGION)).toBe(
    `aws ec2 delete-key-pair --region eu-central-1 --key-name 'my key; rm -rf ~ '\\''x'\\'''`,
  );
});

it('has a command for every type', () => {
  for (const type of RESOURCE_TYPES)
    expect(removeCommand(type, 'x', REGION)).toMatch(/^aws (ec2|iam) /);
});

it('tells the type from the id, and leaves out what Hathi never makes', () => {
  expect(resourceTypeOf('i-0123456789abcdef0')).toBe('instance');
  expect(resourceTypeOf('sgr-0123456789abcdef0')).toBe('security-group-rule');
  expect(resourceTypeOf('eipalloc-0123456789abcdef0')).toBe('elastic-ip');
  for (const id of ['snap-0123456789abcdef0', 'ami-0123456789abcdef0', 'constructor-0', '', 'i']) {
    expect(resourceTypeOf(id), id).toBeNull();
  }
});
