// Longer than other files: its tests share one emulated account.
import {
  CreateKeyPairCommand,
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeSubnetsCommand,
  ImportKeyPairCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSshKeys } from '../../src/adapters/ssh/ssh-keys.ts';
import type { Finding } from '../../src/core/plan/plan-context.ts';
import type { PreflightInput } from '../../src/targets/aws/account/cloud.ts';
import { IMAGES } from '../aws/ec2/emulator.ts';
import { preflightInput, startTestAccount, type TestAccount } from '../support/aws-account.ts';
import { type AwsStub, quota, quotaRefused } from '../support/aws-stub.ts';

/** Each check of the preflight both ways: what is found, and what is wrong. */

const sshKeys = createSshKeys({ env: { PATH: process.env.PATH ?? '' } });

let account: TestAccount;
let ec2: TestAccount['ec2'];
let quotas: AwsStub;

beforeAll(async () => {
  account = await startTestAccount();
  ({ ec2, quotas } = account);
});
afterAll(() => account?.stop());
beforeEach(() => quotas.answer(quota(64)));
afterEach(() => account.emulator.faults.mend());

async function findings(changes: Partial<PreflightInput> = {}): Promise<Finding[]> {
  return (await account.cloud.preflight(preflightInput(changes))).findings;
}

async function finding(check: string, changes: Partial<PreflightInput> = {}) {
  return (await findings(changes)).find((one) => one.check === check);
}

it('finds nothing wrong with what can be made', async () => {
  const all = await findings();
  expect(all.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(all.every(({ severity, action }) => (severity === 'info') === (action === ''))).toBe(true);
});

it('makes a warning of a check that is forbidden or fails, and goes on', async () => {
  account.emulator.faults.refuse('DescribeImages', 'UnauthorizedOperation', 1);
  account.emulator.faults.refuse('DescribeVpcs', 'InvalidAction', 1);
  const all = await findings();
  expect(all).toContainEqual(
    expect.objectContaining({
      check: 'image',
      severity: 'warning',
      action: expect.stringContaining('ec2:DescribeImages'),
    }),
  );
  expect(all).toContainEqual(
    expect.objectContaining({
      check: 'vpc',
      severity: 'warning',
      message: expect.stringContaining('InvalidAction'),
    }),
  );
  expect(all.find(({ check }) => check === 'vcpu-quota')?.severity).toBe('info');
});

it('asks again what was throttled', async () => {
  account.emulator.faults.refuse('DescribeInstanceTypes', 'RequestLimitExceeded', 2);
  expect((await finding('instance-type-offered'))?.severity).toBe('info');
});

describe('instance type and zones', () => {
  it('are offered', async () => {
    expect(await finding('instance-type-offered')).toMatchObject({
      severity: 'info',
      message: expect.stringContaining('eu-central-1a'),
    });
  });

  it('are unknown', async () => {
    expect(await finding('instance-type', { instanceType: 't99.huge' })).toMatchObject({
      severity: 'error',
      message: 'The region eu-central-1 has no instance type t99.huge.',
    });
    expect(
      await finding('availability-zones', { availabilityZones: ['eu-central-1z'] }),
    ).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('no zone eu-central-1z'),
    });
  });

  it('do not go together', async () => {
    const instanceType = 'a1.medium';
    expect(await finding('instance-type-offered', { instanceType })).toMatchObject({
      severity: 'info',
      message: 'a1.medium is offered in eu-central-1a, eu-central-1b.',
    });
    const availabilityZones = ['eu-central-1b', 'eu-central-1c'];
    expect(
      await finding('instance-type-offered', { instanceType, availabilityZones }),
    ).toMatchObject({
      severity: 'error',
      message: 'a1.medium is not offered in eu-central-1c; it is in eu-central-1a, eu-central-1b.',
    });
  });

  it('are lost, which is a warning unless a node is to be made', async () => {
    const availabilityZones = ['eu-central-1a', 'eu-central-1z'];
    const found = async (newNodes: number) =>
      (await finding('availability-zones', { availabilityZones, newNodes }))?.severity;
    expect([await found(1), await found(0)]).toEqual(['error', 'warning']);
  });

  it('are one zone alone', async () => {
    expect(
      await finding('instance-type-offered', { availabilityZones: ['eu-central-1a'] }),
    ).toMatchObject({ severity: 'warning', message: expect.stringContaining('All 3 nodes') });
  });
});

describe('image', () => {
  it('is the newest Debian 13 of the architecture', async () => {
    expect(await finding('image')).toMatchObject({
      severity: 'info',
      message: expect.stringContaining('ami-0d13a0d64a1100002 (debian-13-amd64-20261103-2286)'),
    });
    expect(await finding('image', { instanceType: 't4g.medium' })).toMatchObject({
      severity: 'info',
      message: expect.stringContaining('debian-13-arm64'),
    });
  });

  it('is not found', async () => {
    expect(await finding('image', { amiId: 'ami-00000000000000000' })).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('has no image ami-00000000000000000'),
    });
  });

  it('fits, or is of another architecture', async () => {
    const amiId = IMAGES.find(({ name }) => name.includes('arm64'))?.ami_id ?? '';
    expect((await finding('image', { amiId, instanceType: 't4g.medium' }))?.severity).toBe('info');
    expect(await finding('image-architecture', { amiId })).toMatchObject({
      severity: 'error',
      message: `The image ${amiId} is for arm64, but t3.medium runs x86_64.`,
    });
  });
});

describe('network', () => {
  it('is the default VPC, with a word on its subnets', async () => {
    expect(await finding('vpc')).toMatchObject({
      severity: 'info',
      message: expect.stringMatching(/vpc-\w+ \(172\.31\.0\.0\/16\), in subnet-/),
    });
  });

  it('is a given VPC with subnets of its own, or of another', async () => {
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const vpcId = Subnets[0]?.VpcId ?? '';
    const subnetIds = Subnets.map(({ SubnetId = '' }) => SubnetId);
    const network = { mode: 'existing', vpcId, subnetIds } as const;
    expect((await finding('vpc', { network }))?.severity).toBe('info');

    const lost = 'subnet-00000000000000000';
    const strange = { ...network, subnetIds: [...subnetIds, lost] };
    expect(await finding('subnets', { network: strange })).toMatchObject({
      severity: 'error',
      message: `The region eu-central-1 has no subnet ${lost}.`,
    });
    const nowhere = { ...network, vpcId: 'vpc-00000000000000000' };
    expect(await finding('vpc', { network: nowhere })).toMatchObject({ severity: 'error' });

    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
    const other = { ...network, vpcId: Vpc?.VpcId ?? '' };
    expect(await finding('subnets', { network: other })).toMatchObject({
      severity: 'error',
      message: `The subnet ${subnetIds[0]} belongs to ${vpcId}, not to ${Vpc?.VpcId}.`,
    });
    await ec2.send(new DeleteVpcCommand({ VpcId: Vpc?.VpcId }));

    const narrow = { ...network, subnetIds: [subnetIds[0] ?? ''] };
    expect((await finding('subnets-spread', { network: narrow }))?.severity).toBe('warning');
    expect(await finding('subnet-addresses', { network: narrow, newNodes: 5_000 })).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('up to 5000 of the new nodes'),
    });
  });

  it('has no subnet where nodes may be', async () => {
    expect(await finding('subnets', { availabilityZones: ['eu-central-1z'] })).toMatchObject({
      severity: 'error',
    });
  });

  it('tells of a subnet that leads nowhere', async () => {
    expect((await finding('subnet-route'))?.severity).toBe('warning');
  });

  it('is one of its own', async () => {
    quotas.answer(quota(5));
    const own = (cidr: string) => ({ network: { mode: 'own', cidr } }) as const;
    expect((await finding('vpc-quota', own('10.77.0.0/16')))?.severity).toBe('info');
    expect(await finding('vpc-cidr', own('10.77.0.0/16'))).toBeUndefined();
    expect((await finding('vpc-cidr', own('10.77.0.0/28')))?.severity).toBe('error');
    expect((await finding('vpc-cidr', own('10.77.1.0/16')))?.severity).toBe('error');
    expect((await finding('vpc-cidr', own('8.8.0.0/16')))?.severity).toBe('warning');
    expect(
      await finding('subnet-addresses', { ...own('10.77.0.0/23'), nodes: 90, newNodes: 90 }),
    ).toMatchObject({ severity: 'error' });
  });

  it('is one too many', async () => {
    const own = { network: { mode: 'own', cidr: '10.77.0.0/16' } } as const;
    quotas.answer(quota(1));
    expect(await finding('vpc-quota', own)).toMatchObject({
      severity: 'error',
      action: expect.stringContaining('--quota-code L-F678F1CE --desired-value 2'),
    });
    expect(await finding('vpc-quota', { ...own, newNodes: 1 })).toBeUndefined();
    quotas.answer(quotaRefused('AccessDeniedException'));
    expect((await finding('vpc-quota', own))?.severity).toBe('info');
    const made = await Promise.all(
      [1, 2, 3, 4].map((n) => ec2.send(new CreateVpcCommand({ CidrBlock: `10.${n}.0.0/16` }))),
    );
    expect((await finding('vpc-quota', own))?.severity).toBe('warning');
    for (const { Vpc } of made) await ec2.send(new DeleteVpcCommand({ VpcId: Vpc?.VpcId }));
  });
});

describe('key pair', () => {
  it('is not there', async () => {
    expect(await finding('key-pair', { keyName: 'lost' })).toMatchObject({
      severity: 'error',
      message: 'The region eu-central-1 has no key pair lost.',
    });
    expect(await finding('key-pair')).toBeUndefined();
  });

  it('belongs to the private key, or does not', async () => {
    const { publicKey } = await sshKeys.generate('mine');
    const { publicKey: other } = await sshKeys.generate('other');
    await ec2.send(
      new ImportKeyPairCommand({ KeyName: 'mine', PublicKeyMaterial: Buffer.from(publicKey) }),
    );
    expect((await finding('key-pair', { keyName: 'mine' }))?.severity).toBe('info');
    const same = publicKey.replace(/ mine$/, ' another comment');
    expect(await finding('key-pair-matches', { keyName: 'mine', publicKey: same })).toMatchObject({
      severity: 'info',
    });
    expect(await finding('key-pair-matches', { keyName: 'mine', publicKey: other })).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('does not belong to the key pair mine'),
    });
  });

  it('was made by EC2', async () => {
    await ec2.send(new CreateKeyPairCommand({ KeyName: 'theirs', KeyType: 'rsa' }));
    const { publicKey } = await sshKeys.generate('mine');
    expect((await finding('key-pair-matches', { keyName: 'theirs', publicKey }))?.severity).toBe(
      'error',
    );
  });
});

describe('vCPU quota', () => {
  it('is enough to the last one, and counts what runs', async () => {
    quotas.answer(quota(6));
    expect((await finding('vcpu-quota'))?.severity).toBe('info');
    const { Instances = [] } = await ec2.send(
      new RunInstancesCommand({
        ImageId: IMAGES[1]?.ami_id,
        InstanceType: 't3.large',
        MinCount: 1,
        MaxCount: 1,
      }),
    );
    expect(await finding('vcpu-quota')).toMatchObject({
      severity: 'error',
      message:
        '2 vCPUs of standard instances run in eu-central-1, the new nodes need 6, and the quota is 6.',
      action: expect.stringContaining('--desired-value 8'),
    });
    await ec2.send(
      new TerminateInstancesCommand({ InstanceIds: Instances.map((one) => one.InstanceId ?? '') }),
    );
    expect((await finding('vcpu-quota'))?.severity).toBe('info');
  });

  it('is not asked where nothing is made, and not known for other families', async () => {
    expect(await finding('vcpu-quota', { newNodes: 0 })).toBeUndefined();
    expect(await finding('vcpu-quota', { instanceType: 'g4dn.xlarge' })).toMatchObject({
      severity: 'info',
      message: expect.stringContaining('was not checked'),
    });
  });

  it('is a warning where it may not be asked, or is not known', async () => {
    quotas.answer(quotaRefused('AccessDeniedException'));
    expect(await finding('vcpu-quota')).toMatchObject({
      severity: 'warning',
      action: expect.stringContaining('servicequotas:GetServiceQuota'),
    });
    quotas.answer(quotaRefused('NoSuchResourceException'));
    expect(await finding('vcpu-quota')).toMatchObject({ severity: 'warning' });
  });
});

describe('the majority of etcd', () => {
  const two = { availabilityZones: ['eu-central-1c', 'eu-central-1a'] };

  it('is in one of two zones, which is a warning', async () => {
    for (const network of [{ mode: 'default' }, { mode: 'own', cidr: '10.77.0.0/16' }] as const) {
      expect(await finding('etcd-quorum', { ...two, network })).toMatchObject({
        severity: 'warning',
        message: expect.stringContaining('Two of the 3 etcd members would be in eu-central-1a'),
      });
    }
  });

  it('is in no zone of three, nor in a single node', async () => {
    expect(await finding('etcd-quorum')).toBeUndefined();
    expect(await finding('etcd-quorum', { ...two, nodes: 1, newNodes: 1 })).toBeUndefined();
    // The nodes of a cluster that exists stay where they are.
    expect(await finding('etcd-quorum', { ...two, newNodes: 0 })).toBeUndefined();
  });
});

describe('quota of rules', () => {
  it('is counted for each address family', async () => {
    quotas.answer(quota(60));
    expect(await finding('rule-quota', { inboundRules: { ipv4: 60, ipv6: 60 } })).toMatchObject({
      severity: 'info',
    });
    for (const inboundRules of [
      { ipv4: 61, ipv6: 3 },
      { ipv4: 4, ipv6: 61 },
    ]) {
      expect(await finding('rule-quota', { inboundRules })).toMatchObject({
        severity: 'error',
        action: expect.stringContaining('--quota-code L-0EA8095F --desired-value 61'),
      });
    }
    quotas.answer(quota(100));
    const inboundRules = { ipv4: 61, ipv6: 3 };
    expect((await finding('rule-quota', { inboundRules }))?.severity).toBe('info');
    quotas.answer(quotaRefused('AccessDeniedException'));
    expect((await finding('rule-quota', { inboundRules }))?.severity).toBe('warning');
  });
});
