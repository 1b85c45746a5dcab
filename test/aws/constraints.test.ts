import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  type EC2Client,
  ImportKeyPairCommand,
  ModifyInstanceAttributeCommand,
  ModifyVolumeCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf } from './aws-server.ts';
import { DOCUMENT } from './ec2/constraints.ts';
import { type Emulator, IMAGES, startEmulator } from './ec2/emulator.ts';

const repository = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let emulator: Emulator;
let ec2: EC2Client;
let vpc: string;
let subnet: string;
let group: string;
beforeAll(async () => {
  emulator = await startEmulator();
  ec2 = clientOf(emulator);
  const made = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  vpc = made.Vpc?.VpcId ?? '';
  const first = await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.0.1.0/24' }));
  subnet = first.Subnet?.SubnetId ?? '';
  group = await createGroup({});
});
afterAll(async () => await emulator?.stop());

async function createGroup(more: { GroupName?: string; Description?: string }): Promise<string> {
  const command = new CreateSecurityGroupCommand({
    VpcId: vpc,
    GroupName: 'pg',
    Description: 'Nodes',
    ...more,
  });
  return (await ec2.send(command)).GroupId ?? '';
}

const port = { IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 };

const fromNetwork = (CidrIp: string, Description?: string) =>
  ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: group,
      IpPermissions: [{ ...port, IpRanges: [{ CidrIp, ...(Description ? { Description } : {}) }] }],
    }),
  );

const toGroup = (Description: string) =>
  ec2.send(
    new AuthorizeSecurityGroupEgressCommand({
      GroupId: group,
      IpPermissions: [{ ...port, UserIdGroupPairs: [{ GroupId: group, Description }] }],
    }),
  );

const volume = (more: { Size?: number; Iops?: number; Throughput?: number }) =>
  ec2.send(
    new CreateVolumeCommand({
      AvailabilityZone: 'eu-central-1a',
      VolumeType: 'gp3',
      Size: 20,
      ...more,
    }),
  );

const tag = (Key: string, Value: string) =>
  ec2.send(new CreateTagsCommand({ Resources: [group], Tags: [{ Key, Value }] }));

const machine = (more: { UserData?: string; Size?: number; Iops?: number }) =>
  ec2.send(
    new RunInstancesCommand({
      ImageId: IMAGES[0]?.ami_id,
      InstanceType: 't3.nano',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: subnet,
      ...(more.UserData === undefined ? {} : { UserData: more.UserData }),
      BlockDeviceMappings: [
        {
          DeviceName: '/dev/xvda',
          Ebs: {
            VolumeType: 'gp3',
            VolumeSize: more.Size ?? 12,
            ...(more.Iops ? { Iops: more.Iops } : {}),
          },
        },
      ],
    }),
  );

const base64 = (bytes: number) => Buffer.alloc(bytes, 'x').toString('base64');

const createSubnet = (CidrBlock: string) =>
  ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock }));

describe('the API rejects', () => {
  it.each<[string, string, () => Promise<unknown>]>([
    [
      "an apostrophe in a group's description",
      'InvalidParameterValue',
      () => createGroup({ GroupName: 'a', Description: "Hathi's" }),
    ],
    [
      'a description of 256 characters',
      'InvalidParameterValue',
      () => createGroup({ GroupName: 'b', Description: 'x'.repeat(256) }),
    ],
    ['a group named sg-…', 'InvalidParameterValue', () => createGroup({ GroupName: 'sg-1' })],
    [
      "an apostrophe in a rule's description",
      'InvalidParameterValue',
      () => fromNetwork('192.0.2.0/24', "Patroni's"),
    ],
    ['the same in a rule between groups', 'InvalidParameterValue', () => toGroup("Patroni's")],
    ['an ampersand in a rule between groups', 'InvalidParameterValue', () => toGroup('a & b')],
    ['a network that is none', 'InvalidParameterValue', () => fromNetwork('192.0.2.0/33')],
    ['a reserved tag key', 'InvalidParameterValue', () => tag('aws:name', 'x')],
    ['a tag key of 128 characters', 'InvalidParameterValue', () => tag('k'.repeat(128), 'x')],
    ['a tag value of 257 characters', 'InvalidParameterValue', () => tag('k', 'x'.repeat(257))],
    [
      'a key pair name of 256 characters',
      'InvalidParameterValue',
      () => importKey('x'.repeat(256)),
    ],
    ['a key pair name beyond ASCII', 'InvalidParameterValue', () => importKey('clé')],
    [
      'user data of more than 16 KB',
      'InvalidParameterValue',
      () => machine({ UserData: base64(16_385) }),
    ],
    [
      'a root volume with too many IOPS',
      'InvalidParameterValue',
      () => machine({ Size: 10, Iops: 6_000 }),
    ],
    [
      'more than 500 IOPS per GiB',
      'InvalidParameterValue',
      () => volume({ Size: 20, Iops: 10_001 }),
    ],
    ['more than 0.25 MiB/s per IOPS', 'InvalidParameterValue', () => volume({ Throughput: 751 })],
    ['fewer than 3,000 IOPS', 'InvalidParameterValue', () => volume({ Iops: 2_999 })],
    ['a volume beyond 65,536 GiB', 'InvalidParameterValue', () => volume({ Size: 65_537 })],
    ['a subnet of 8 addresses', 'InvalidSubnet.Range', () => createSubnet('10.0.2.0/29')],
    ['a subnet outside the VPC', 'InvalidSubnet.Range', () => createSubnet('10.9.1.0/24')],
    [
      'a subnet that overlaps another one',
      'InvalidSubnet.Conflict',
      () => createSubnet('10.0.1.128/25'),
    ],
    [
      'a VPC larger than /16',
      'InvalidVpc.Range',
      () => ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/15' })),
    ],
    [
      "a role's name of 65 characters",
      'ValidationError',
      () => createRole({ RoleName: 'r'.repeat(65) }),
    ],
    [
      'a tag value of a role with characters that IAM does not have',
      'ValidationError',
      () => createRole({ Tags: [{ Key: 'k', Value: 'a;b' }] }),
    ],
  ])('%s', async (_what, code, request) => {
    await expect(request()).rejects.toMatchObject({ name: code });
  });

  it('the same rule again, also with other host bits', async () => {
    const made = await fromNetwork('198.51.100.7/24', 'Clients');
    expect(made.SecurityGroupRules?.[0]?.CidrIpv4).toBe('198.51.100.0/24');
    for (const again of ['198.51.100.0/24', '198.51.100.9/24']) {
      await expect(fromNetwork(again)).rejects.toMatchObject({
        name: 'InvalidPermission.Duplicate',
      });
    }
  });

  it('rule 61 of a group', async () => {
    const full = await createGroup({ GroupName: 'full' });
    const rules = (count: number, second: number) => ({
      GroupId: full,
      IpPermissions: Array.from({ length: count }, (_, index) => ({
        ...port,
        IpRanges: [{ CidrIp: `203.0.${second}.${index}/32` }],
      })),
    });
    await ec2.send(new AuthorizeSecurityGroupIngressCommand(rules(60, 113)));
    const request = ec2.send(new AuthorizeSecurityGroupIngressCommand(rules(1, 114)));
    await expect(request).rejects.toMatchObject({ name: 'RulesPerSecurityGroupLimitExceeded' });
  });

  it('a smaller size of a volume, and IOPS that its size does not allow', async () => {
    const { VolumeId } = await volume({ Size: 20 });
    const modify = (more: object) => ec2.send(new ModifyVolumeCommand({ VolumeId, ...more }));
    await expect(modify({ Size: 19 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(modify({ Iops: 10_001 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await modify({ Size: 21, Iops: 10_001 });
  });

  it('another type or other user data of a machine that runs', async () => {
    const { Instances = [] } = await machine({ UserData: base64(16_384) });
    const modify = (more: object) =>
      ec2.send(
        new ModifyInstanceAttributeCommand({ InstanceId: Instances[0]?.InstanceId, ...more }),
      );
    for (const more of [
      { InstanceType: { Value: 't3.small' } },
      { UserData: { Value: Buffer.from(base64(8)) } },
    ]) {
      await expect(modify(more)).rejects.toMatchObject({ name: 'IncorrectInstanceState' });
    }
  });
});

it('the API accepts values at their limits', async () => {
  await createGroup({ GroupName: 'x'.repeat(255), Description: '._-:/()#,@[]+=&;{}!$* aZ9' });
  await toGroup('._-:/()#,@[]+=;{}!$* aZ9');
  await tag('k'.repeat(127), 'é'.repeat(256));
  await importKey('x'.repeat(255));
  await volume({ Size: 1 });
  await volume({ Size: 20, Iops: 10_000, Throughput: 2_000 });
  await createRole({ RoleName: 'r'.repeat(64), Path: '/hathi/' });
});

const importKey = (KeyName: string) =>
  ec2.send(
    new ImportKeyPairCommand({
      KeyName,
      PublicKeyMaterial: Buffer.from(`ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}`),
    }),
  );

function createRole(more: {
  RoleName?: string;
  Path?: string;
  Tags?: { Key: string; Value: string }[];
}) {
  const { environment } = emulator;
  const iam = new IAMClient({
    region: 'us-east-1',
    endpoint: environment.AWS_ENDPOINT_URL ?? '',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  return iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument, ...more }));
}

it('is what the service models say', async () => {
  const python = join(repository, '.tools/aws-venv/bin/python');
  const script = join(repository, 'test/aws/provider/constraints/extract.py');
  await run(python, [script, '--check']);
});

it('covers every operation that the stand-in provider and the server send', () => {
  const sent = new Set<string>();
  const add = (path: string, pattern: RegExp) => {
    for (const [, operation = ''] of readFileSync(path, 'utf8').matchAll(pattern)) {
      if (
        !/^(Describe|Get|List|Delete|Terminate|Revoke|Detach|Disassociate|Release|Remove|Untag|Start|Stop)/.test(
          operation,
        )
      )
        sent.add(operation);
    }
  };
  for (const name of globSync('test/aws/provider/*.go', { cwd: repository })) {
    add(join(repository, name), /\bp\.(?:ec2|iam)\.([A-Z]\w+)\(ctx,/g);
  }
  for (const name of globSync('src/targets/aws/**/*.ts', { cwd: repository })) {
    add(join(repository, name), /new ([A-Z]\w+)Command\(/g);
  }
  const known = Object.keys(DOCUMENT.parameters).map((name) => name.split(':')[1]);
  expect([...sent].filter((operation) => !known.includes(operation))).toEqual([]);
});
