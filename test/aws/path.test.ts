import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type Instance,
  RunInstancesCommand,
  type Tag,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { notInPolicy } from '../support/aws-actions.ts';
import { curlOfReadme } from '../support/readme-lines.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { clientOf, startAwsServer, VPC_CIDR } from './aws-server.ts';
import { type Emulator, startEmulator } from './ec2/emulator.ts';
import { type Machines, startMachines } from './ec2/machines.ts';

let emulator: Emulator;
let machines: Machines;
let server: ServerProcess;
let ec2: EC2Client;
beforeAll(async () => {
  emulator = await startEmulator();
  ec2 = clientOf(emulator);
  machines = await startMachines(ec2);
  server = await startAwsServer(emulator);
});
afterAll(async () => {
  await server?.kill();
  await machines?.stop();
  await emulator?.stop();
  await server?.destroy();
});

const curl = (words: string) => curlOfReadme(server.url, words);

async function instances(): Promise<Instance[]> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  return Reservations.flatMap(({ Instances = [] }) => Instances).filter(
    ({ State, Tags }) => State?.Name !== 'terminated' && 'hathi:node' in tagsOf(Tags),
  );
}

const tagsOf = (tags: Tag[] = []) => Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
const nodeOf = ({ Tags }: Instance) => tagsOf(Tags)['hathi:node'] as string;

it('goes from the five lines of the README to a proven cluster on EC2', async () => {
  await curl('generate-terraform');
  const planned = await curl('plan-terraform');
  expect(planned.context.identity).toMatchObject({
    region: 'eu-central-1',
    account: expect.stringMatching(/^\d{12}$/),
  });
  expect(planned.context.cost).toMatchObject({
    currency: 'USD',
    note: expect.stringMatching(/estimate/i),
  });
  const applied = await curl('apply-terraform');
  expect(applied.nodes).toHaveLength(3);
  await curl('create-ansible-script');
  const executed = await curl('execute-ansible-script');
  expect(Object.keys(executed.recap)).toEqual(['default-1', 'default-2', 'default-3']);
  const report = await curl('verify-replication');
  expect(report.passed).toBe(true);
});

it('has made what the API itself tells, and no more', async () => {
  const made = await instances();
  expect(made.map(nodeOf).sort()).toEqual(['default-1', 'default-2', 'default-3']);
  expect(new Set(made.map(({ Placement }) => Placement?.AvailabilityZone)).size).toBe(3);
  for (const instance of made) {
    expect(instance.InstanceType).toBe('t2.medium');
    expect(instance.ImageId).toBe('ami-0d13a0d64a1100002');
    expect(instance.MetadataOptions).toMatchObject({ HttpTokens: 'required' });
    expect(instance.PublicIpAddress).toBeUndefined();
    expect(tagsOf(instance.Tags)).toMatchObject({
      'hathi:cluster': 'default',
      'hathi:site': expect.stringMatching(/^[0-9a-f]{6}$/),
      'hathi:operation': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'hathi:resource': 'instance',
    });
    const { DisableApiTermination } = await ec2.send(
      new DescribeInstanceAttributeCommand({
        InstanceId: instance.InstanceId,
        Attribute: 'disableApiTermination',
      }),
    );
    expect(DisableApiTermination?.Value).toBe(true);
  }
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
  expect(Volumes).toHaveLength(6);
  for (const volume of Volumes) {
    expect(volume).toMatchObject({ Encrypted: true, VolumeType: 'gp3', State: 'in-use' });
    expect(tagsOf(volume.Tags)).toMatchObject({
      'hathi:cluster': 'default',
      'hathi:node': expect.stringMatching(/^default-[123]$/),
      'hathi:resource': expect.stringMatching(/^(root|data)-volume$/),
    });
  }
});

it('lets in the cluster and the control plane, and nobody else', async () => {
  const { SecurityGroupRules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand({}));
  const ours = SecurityGroupRules.filter(({ Tags }) => tagsOf(Tags)['hathi:cluster'] === 'default');
  const incoming = ours
    .filter(({ IsEgress }) => !IsEgress)
    .map((rule) => {
      const from = rule.CidrIpv4 ?? rule.CidrIpv6 ?? (rule.ReferencedGroupInfo ? 'cluster' : '?');
      return `${rule.FromPort}-${rule.ToPort} from ${from}`;
    });
  expect(incoming.sort()).toEqual([
    `22-22 from ${VPC_CIDR}`,
    '2379-2380 from cluster',
    '5432-5432 from cluster',
    '8008-8008 from cluster',
  ]);
});

it("has PostgreSQL's data on the volume that has it, by its UUID", async () => {
  const mounted = await machines.exec(
    'default-1',
    'findmnt',
    '-no',
    'SOURCE',
    '/var/lib/postgresql',
  );
  // The classic t2 is Xen.
  expect(mounted).toBe('/dev/xvdf');
  const fstab = await machines.exec('default-1', 'cat', '/etc/fstab');
  expect(fstab).toMatch(/^UUID=[0-9a-f-]{36} \/var\/lib\/postgresql ext4 .*hathi-data-volume/m);
  const data = await machines.exec('default-1', 'ls', '/var/lib/postgresql/17/main');
  expect(data).toContain('PG_VERSION');
});

it('finds nothing to do the second time', async () => {
  const planned = await curl('plan-terraform');
  expect(planned.summary).toMatchObject({ empty: true });
  const executed = await curl('execute-ansible-script');
  expect(executed.changed).toBe(0);
});

it('grows by one node and touches no other', async () => {
  const before = new Map((await instances()).map((one) => [nodeOf(one), one.InstanceId]));
  await server.step('/generate-terraform', { replica_count: 3 });
  const planned = await server.step('/plan-terraform', {});
  expect(planned.summary).toMatchObject({ change: 0, replace: 0, destroy: 0 });
  expect(
    planned.changes
      .filter(({ actions }: { actions: string[] }) => actions.includes('create'))
      .every(({ address }: { address: string }) => address.endsWith('["default-4"]')),
  ).toBe(true);
  await server.step('/apply-terraform', {});
  await server.step('/create-ansible-script', {});
  await server.step('/execute-ansible-script', {});
  const report = await server.step('/verify-replication', {});
  expect(report).toMatchObject({ passed: true });
  const after = new Map((await instances()).map((one) => [nodeOf(one), one.InstanceId]));
  for (const [node, id] of before) expect(after.get(node)).toBe(id);
  expect(after.size).toBe(4);
});

it('makes a terminated node anew, and its data volume outlives it', async () => {
  const dataOf = async (node: string) => {
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
    const isIts = (tags: Record<string, string | undefined>) =>
      tags['hathi:node'] === node && tags['hathi:resource'] === 'data-volume';
    return Volumes.filter(({ Tags }) => isIts(tagsOf(Tags))).map(({ VolumeId }) => VolumeId);
  };
  const replica = (await server.get('/api/v1/clusters/default/nodes')).body.nodes.find(
    ({ role, name }: { role: string; name: string }) => role === 'replica' && name !== 'default-4',
  ).name as string;
  const [volume] = await dataOf(replica);
  await machines.exec(replica, 'sh', '-c', 'echo kept > /var/lib/postgresql/kept');
  const [old] = (await instances()).filter((one) => nodeOf(one) === replica);
  await machines.terminate(replica);
  // Somebody else has its address by then.
  const other = await ec2.send(
    new RunInstancesCommand({
      ImageId: old?.ImageId,
      InstanceType: 't2.nano',
      SubnetId: old?.SubnetId,
      MinCount: 1,
      MaxCount: 1,
    }),
  );
  const planned = await server.step('/plan-terraform', {});
  expect(planned.summary).toMatchObject({ destroy: 0 });
  await server.step('/apply-terraform', {});
  const [made] = (await instances()).filter((one) => nodeOf(one) === replica);
  expect(made?.PrivateIpAddress).not.toBe(old?.PrivateIpAddress);
  expect(await dataOf(replica)).toEqual([volume]);
  await server.step('/create-ansible-script', {});
  await server.step('/execute-ansible-script', {});
  expect(await server.step('/verify-replication', {})).toMatchObject({ passed: true });
  expect(await machines.exec(replica, 'cat', '/var/lib/postgresql/kept')).toBe('kept');
  const InstanceIds = [other.Instances?.[0]?.InstanceId ?? ''];
  await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
});

it('refuses to destroy what is protected, and then leaves nothing that carries its tags', async () => {
  const refused = await server.post('/destroy-terraform', { confirm: 'default' });
  expect(refused).toMatchObject({ status: 409, body: { code: 'CLUSTER_PROTECTED' } });
  await server.send('PATCH', '/api/v1/clusters/default', { deletion_protection: false });
  const destroyed = await server.step('/destroy-terraform', { confirm: 'default' });
  expect(destroyed).toMatchObject({ destroyed: true, left: [] });
  expect(await instances()).toEqual([]);
  const isOurs = ({ Tags }: { Tags?: Tag[] | undefined }) => 'hathi:cluster' in tagsOf(Tags);
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  expect([...Volumes, ...Vpcs, ...Subnets].filter(isOurs)).toEqual([]);
  const orphans = await server.get('/api/v1/orphans');
  expect(orphans.body).toEqual({ regions: ['eu-central-1'], failures: [], orphans: [] });
  expect(notInPolicy(emulator.faults.asked.keys())).toEqual([]);
});
