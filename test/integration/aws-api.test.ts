// Longer than other files: its tests share one emulated account.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AllocateAddressCommand,
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateNatGatewayCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  ImportKeyPairCommand,
  type ResourceType,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
} from '@aws-sdk/client-iam';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSshKeys } from '../../src/adapters/ssh/ssh-keys.ts';
import type { AccountResource } from '../../src/core/resources.ts';
import type { Cloud } from '../../src/targets/aws/account/cloud.ts';
import { type Emulator, IMAGES } from '../aws/ec2/emulator.ts';
import {
  preflightInput,
  REGION,
  startTestAccount,
  type TestAccount,
} from '../support/aws-account.ts';
import { queryRefused, quota, startAwsStub } from '../support/aws-stub.ts';

/** Credentials, listed resources, removals; the checks of the preflight have their own file. */

/** A profile beside keys would make the SDK warn of both. */
const NO_KEYS = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };

let account: TestAccount;
let cloud: Cloud;
let emulator: Emulator;
let setEnvironment: TestAccount['setEnvironment'];
let folder: string;

beforeAll(async () => {
  account = await startTestAccount();
  ({ cloud, emulator, setEnvironment, folder } = account);
});
afterAll(() => account?.stop());
beforeEach(() => account.quotas.answer(quota(64)));
afterEach(() => {
  emulator.faults.mend();
  setEnvironment();
});

describe('who asks', () => {
  it('is told with account, ARN and region', async () => {
    const { identity } = await cloud.preflight(preflightInput());
    expect(identity).toEqual({
      account: '123456789012',
      arn: expect.stringMatching(/^arn:aws:/),
      region: REGION,
    });
  });

  it.each([
    ['ExpiredToken', 'have expired'],
    ['InvalidClientTokenId', 'does not accept the credentials'],
    ['SignatureDoesNotMatch', 'clock'],
    ['AccessDenied', 'may not do sts:GetCallerIdentity'],
  ])('is refused with a sentence of its own for %s', async (code, part) => {
    const sts = await startAwsStub();
    sts.answer(queryRefused(code));
    setEnvironment({ AWS_ENDPOINT_URL_STS: sts.url });
    const error = await cloud.preflight(preflightInput()).catch((problem: unknown) => problem);
    await sts.stop();
    expect(error).toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
      message: expect.stringContaining(part),
    });
    expect(JSON.stringify(error)).not.toContain('secret word');
  });

  it('is told that there are no credentials, and how to set them', async () => {
    setEnvironment(NO_KEYS);
    await expect(cloud.preflight(preflightInput())).rejects.toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
      message: expect.stringMatching(/No AWS credentials.*AWS_PROFILE.*aws sso login/),
    });
  });

  it('is told that a profile gives none', async () => {
    setEnvironment({ ...NO_KEYS, AWS_PROFILE: 'nobody' });
    await expect(cloud.preflight(preflightInput())).rejects.toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
      message: expect.stringContaining('AWS_PROFILE'),
    });
  });

  it('is told to sign in again where a session was never made', async () => {
    await writeFile(
      join(folder, 'config'),
      '[profile work]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-central-1\nsso_account_id = 123456789012\nsso_role_name = Admin\n',
    );
    setEnvironment({ ...NO_KEYS, AWS_PROFILE: 'work' });
    await expect(cloud.preflight(preflightInput())).rejects.toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
      message: expect.stringContaining('aws sso login'),
    });
  });

  it('takes credentials that were written after the server was started', async () => {
    setEnvironment({ ...NO_KEYS, AWS_PROFILE: 'late' });
    await expect(cloud.preflight(preflightInput())).rejects.toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
    });
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = emulator.environment;
    await writeFile(
      join(folder, 'credentials'),
      `[late]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`,
    );
    await expect(cloud.preflight(preflightInput())).resolves.toHaveProperty('identity');
  });

  it('is told that the API cannot be reached, or that no region is called so', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    await expect(cloud.preflight(preflightInput())).rejects.toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
      message: expect.stringContaining('cannot be reached (ECONNREFUSED)'),
    });
    setEnvironment({ AWS_ENDPOINT_URL: 'http://sts.mars-north-1.invalid' });
    await expect(cloud.preflight(preflightInput({ region: 'mars-north-1' }))).rejects.toMatchObject(
      {
        code: 'CLOUD_UNAVAILABLE',
        message: expect.stringMatching(/mars-north-1/),
      },
    );
  });

  it('is told that credentials expired while other questions were asked', async () => {
    emulator.faults.refuse('DescribeImages', 'ExpiredToken', 1);
    await expect(cloud.preflight(preflightInput())).rejects.toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
      message: expect.stringContaining('have expired'),
    });
  });
});

const SITE = 'abc123';

/** What the Terraform module writes, as EC2 takes it. */
function tags(cluster: string, resource: string, node?: string) {
  return [
    { Key: 'hathi:site', Value: SITE },
    { Key: 'hathi:cluster', Value: cluster },
    { Key: 'hathi:operation', Value: 'op-1' },
    { Key: 'hathi:resource', Value: resource },
    { Key: 'Name', Value: `the ${resource}` },
    ...(node ? [{ Key: 'hathi:node', Value: node }] : []),
  ];
}

function tagged(type: ResourceType, cluster: string, resource: string, node?: string) {
  return { TagSpecifications: [{ ResourceType: type, Tags: tags(cluster, resource, node) }] };
}

/** One of everything that the module makes. */
async function makeCluster(cluster: string, third: number) {
  const { ec2, iam } = account;
  const { Vpc } = await ec2.send(
    new CreateVpcCommand({ CidrBlock: `10.${third}.0.0/16`, ...tagged('vpc', cluster, 'vpc') }),
  );
  const VpcId = Vpc?.VpcId;
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({
      VpcId,
      CidrBlock: `10.${third}.0.0/20`,
      AvailabilityZone: `${REGION}a`,
      ...tagged('subnet', cluster, `subnet/public/${REGION}a`),
    }),
  );
  const SubnetId = Subnet?.SubnetId;
  const { InternetGateway } = await ec2.send(
    new CreateInternetGatewayCommand(tagged('internet-gateway', cluster, 'internet-gateway')),
  );
  await ec2.send(
    new AttachInternetGatewayCommand({
      VpcId,
      InternetGatewayId: InternetGateway?.InternetGatewayId,
    }),
  );
  const { RouteTable } = await ec2.send(
    new CreateRouteTableCommand({ VpcId, ...tagged('route-table', cluster, 'route-table/public') }),
  );
  await ec2.send(
    new AssociateRouteTableCommand({ SubnetId, RouteTableId: RouteTable?.RouteTableId }),
  );
  const { AllocationId } = await ec2.send(
    new AllocateAddressCommand({ Domain: 'vpc', ...tagged('elastic-ip', cluster, 'nat-address') }),
  );
  await ec2.send(
    new CreateNatGatewayCommand({
      SubnetId,
      AllocationId,
      ...tagged('natgateway', cluster, 'nat-gateway'),
    }),
  );
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({
      VpcId,
      GroupName: `hathi-${SITE}-${cluster}`,
      Description: 'test',
      ...tagged('security-group', cluster, 'security-group'),
    }),
  );
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [
        { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '192.0.2.1/32' }] },
      ],
      ...tagged('security-group-rule', cluster, 'security-group-rule/ssh/192.0.2.1/32'),
    }),
  );
  const key = await createSshKeys({ env: {} }).generate(cluster);
  await ec2.send(
    new ImportKeyPairCommand({
      KeyName: `hathi-${SITE}-${cluster}`,
      PublicKeyMaterial: Buffer.from(key.publicKey),
      ...tagged('key-pair', cluster, 'key-pair'),
    }),
  );
  const instanceId = await makeNode(cluster, 1, SubnetId, GroupId);
  const { VolumeId } = await ec2.send(
    new CreateVolumeCommand({
      AvailabilityZone: `${REGION}a`,
      Size: 20,
      ...tagged('volume', cluster, 'data-volume', `${cluster}-1`),
    }),
  );
  await ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId: instanceId, Device: '/dev/sdf' }));
  const name = { Path: '/hathi/', Tags: tags(cluster, 'role') };
  const RoleName = `hathi-${SITE}-${cluster}`;
  await iam.send(new CreateRoleCommand({ ...name, RoleName, AssumeRolePolicyDocument: '{}' }));
  await iam.send(
    new AttachRolePolicyCommand({
      RoleName,
      PolicyArn: 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore',
    }),
  );
  const profile = { InstanceProfileName: RoleName };
  await iam.send(
    new CreateInstanceProfileCommand({
      ...profile,
      Path: '/hathi/',
      Tags: tags(cluster, 'instance-profile'),
    }),
  );
  await iam.send(new AddRoleToInstanceProfileCommand({ ...profile, RoleName }));
  return { instanceId, volumeId: VolumeId ?? '', subnetId: SubnetId, groupId: GroupId };
}

async function makeNode(cluster: string, n: number, subnetId?: string, groupId?: string) {
  const node = `${cluster}-${n}`;
  const { Instances = [] } = await account.ec2.send(
    new RunInstancesCommand({
      ImageId: IMAGES[1]?.ami_id,
      InstanceType: 't3.medium',
      MinCount: 1,
      MaxCount: 1,
      DisableApiTermination: true,
      ...(subnetId ? { SubnetId: subnetId } : {}),
      ...(groupId ? { SecurityGroupIds: [groupId] } : {}),
      TagSpecifications: [
        { ResourceType: 'instance', Tags: tags(cluster, 'instance', node) },
        { ResourceType: 'volume', Tags: tags(cluster, 'root-volume', node) },
      ],
    }),
  );
  return Instances[0]?.InstanceId ?? '';
}

const kindsOf = (resources: readonly AccountResource[]) => resources.map(({ kind }) => kind).sort();

describe('what carries the tags', () => {
  it('is listed, one of each kind, and removed in an order that works', async () => {
    const { instanceId, volumeId } = await makeCluster('whole', 20);
    const found = await cloud.resources({ region: REGION, site: SITE, cluster: 'whole' });
    expect(kindsOf(found)).toEqual([
      'data-volume',
      'instance',
      'instance-profile',
      'internet-gateway',
      'key-pair',
      'nat-address',
      'nat-gateway',
      'role',
      'root-volume',
      'route-table/public',
      'security-group',
      'security-group-rule/ssh/192.0.2.1/32',
      `subnet/public/${REGION}a`,
      'vpc',
    ]);
    expect(found.find(({ kind }) => kind === 'data-volume')).toEqual({
      kind: 'data-volume',
      type: 'volume',
      id: volumeId,
      name: 'the data-volume',
      region: REGION,
      site: SITE,
      cluster: 'whole',
      node: 'whole-1',
      operation_id: 'op-1',
      remove: `aws ec2 delete-volume --region ${REGION} --volume-id ${volumeId}`,
    });
    expect(found.find(({ kind }) => kind === 'key-pair')?.id).toBe(`hathi-${SITE}-whole`);
    expect(found.find(({ kind }) => kind === 'role')?.remove).toMatch(
      /^aws iam detach-role-policy .*AmazonSSMManagedInstanceCore && aws iam delete-role /,
    );
    expect(await cloud.nodes(REGION, SITE, 'whole')).toEqual([
      { name: 'whole-1', id: instanceId, state: 'running' },
    ]);

    await cloud.remove(found);
    expect(await cloud.resources({ region: REGION, site: SITE, cluster: 'whole' })).toEqual([]);
    // Again is no error: what is gone counts as removed.
    await cloud.remove(found);
  });

  it('is of the site and cluster that were asked for, and nothing else is removed', async () => {
    const kept = await makeCluster('kept', 21);
    const gone = await makeNode('gone', 1, kept.subnetId, kept.groupId);
    const before = await cloud.resources({ region: REGION, cluster: 'kept' });
    expect(await cloud.resources({ region: REGION, site: 'fff000' })).toEqual([]);
    expect(
      (await cloud.resources({ region: REGION })).filter(({ cluster }) => cluster === 'kept'),
    ).toEqual(before);
    expect(await cloud.resources({ region: 'eu-west-1', site: SITE, cluster: 'gone' })).toEqual([]);

    await cloud.remove(await cloud.resources({ region: REGION, site: SITE, cluster: 'gone' }));
    expect(await cloud.nodes(REGION, SITE, 'gone')).toEqual([
      { name: 'gone-1', id: gone, state: 'missing' },
    ]);
    expect(await cloud.resources({ region: REGION, cluster: 'kept' })).toEqual(before);
    await cloud.remove(before);
  });

  it('leaves out snapshots, which are the user\u2019s', async () => {
    const { VolumeId } = await account.ec2.send(
      new CreateVolumeCommand({
        AvailabilityZone: `${REGION}a`,
        Size: 1,
        ...tagged('volume', 'saved', 'data-volume'),
      }),
    );
    await account.ec2.send(
      new CreateSnapshotCommand({ VolumeId, ...tagged('snapshot', 'saved', 'data-volume') }),
    );
    const found = await cloud.resources({ region: REGION, cluster: 'saved' });
    expect(found.map(({ id }) => id)).toEqual([VolumeId]);
    await cloud.remove(found);
  });

  it('is named when it stays, with the rest removed', async () => {
    const { subnetId } = await makeCluster('stuck', 22);
    const found = await cloud.resources({ region: REGION, cluster: 'stuck' });
    // Somebody else's machine in the cluster's subnet.
    const { Instances = [] } = await account.ec2.send(
      new RunInstancesCommand({
        MinCount: 1,
        MaxCount: 1,
        SubnetId: subnetId,
        ImageId: IMAGES[1]?.ami_id,
      }),
    );
    emulator.faults.refuse('DeleteSubnet', 'DependencyViolation', 1_000);
    const error = await cloud.remove(found).catch((problem: unknown) => problem);
    expect(error).toMatchObject({
      code: 'OPERATION_FAILED',
      message: expect.stringContaining(`subnet ${subnetId} (DependencyViolation)`),
    });
    const left = await cloud.resources({ region: REGION, cluster: 'stuck' });
    expect(kindsOf(left)).toContain(`subnet/public/${REGION}a`);
    expect(kindsOf(left)).not.toContain('instance');
    expect(kindsOf(left)).not.toContain('role');
    const { Reservations = [] } = await account.ec2.send(
      new DescribeInstancesCommand({ InstanceIds: [Instances[0]?.InstanceId ?? ''] }),
    );
    expect(Reservations[0]?.Instances?.[0]?.State?.Name).toBe('running');
    emulator.faults.mend();
    await account.ec2.send(
      new TerminateInstancesCommand({ InstanceIds: [Instances[0]?.InstanceId ?? ''] }),
    );
    await cloud.remove(left);
  });

  it('is waited for while something still uses it', async () => {
    const { VolumeId } = await account.ec2.send(
      new CreateVolumeCommand({
        AvailabilityZone: `${REGION}a`,
        Size: 1,
        ...tagged('volume', 'busy', 'data-volume'),
      }),
    );
    emulator.faults.refuse('DeleteVolume', 'VolumeInUse', 3);
    await cloud.remove(await cloud.resources({ region: REGION, cluster: 'busy' }));
    const { Volumes = [] } = await account.ec2.send(new DescribeVolumesCommand({}));
    expect(Volumes.map((volume) => volume.VolumeId)).not.toContain(VolumeId);
  });

  it('is never taken for nothing when it may not be listed', async () => {
    emulator.faults.refuse('DescribeTags', 'UnauthorizedOperation', 1);
    await expect(cloud.resources({ region: REGION })).rejects.toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
      details: { permission: 'ec2:DescribeTags' },
    });
    const iam = await startAwsStub();
    iam.answer(queryRefused('AccessDenied'));
    setEnvironment({ AWS_ENDPOINT_URL_IAM: iam.url });
    expect(await cloud.resources({ region: REGION, cluster: 'none' })).toEqual([]);
    iam.answer(queryRefused('ServiceFailure'));
    await expect(cloud.resources({ region: REGION })).rejects.toMatchObject({
      code: 'CLOUD_UNAVAILABLE',
    });
    await iam.stop();
  });
});

it('knows the state of machines by their tags', async () => {
  const ids = [
    await makeNode('states', 1),
    await makeNode('states', 2),
    await makeNode('states', 10),
  ];
  await account.ec2.send(new StopInstancesCommand({ InstanceIds: [ids[1] ?? ''] }));
  expect(await cloud.nodes(REGION, SITE, 'states')).toEqual([
    { name: 'states-1', id: ids[0], state: 'running' },
    { name: 'states-2', id: ids[1], state: 'stopped' },
    { name: 'states-10', id: ids[2], state: 'running' },
  ]);
  await cloud.start(REGION, [ids[1] ?? '']);
  expect((await cloud.nodes(REGION, SITE, 'states')).map(({ state }) => state)).toEqual([
    'running',
    'running',
    'running',
  ]);
  await cloud.remove(await cloud.resources({ region: REGION, cluster: 'states' }));
  const again = await makeNode('states', 1);
  expect(
    (await cloud.nodes(REGION, SITE, 'states')).filter(({ name }) => name === 'states-1'),
  ).toEqual([{ name: 'states-1', id: again, state: 'running' }]);
});

it('knows the size of a type', async () => {
  expect(await cloud.sizeOf(REGION, 't3.medium')).toEqual({ memoryBytes: 4 * 2 ** 30, cpus: 2 });
  expect(await cloud.sizeOf(REGION, 't99.huge')).toBeNull();
});
