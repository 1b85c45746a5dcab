import {
  DescribeInstancesCommand,
  DescribeNatGatewaysCommand,
  DescribeSubnetsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ServerProcess } from '../support/server-process.ts';
import { clientOf, SETTINGS, startAwsServer, VPC_CIDR } from './aws-server.ts';
import { type Emulator, startEmulator } from './ec2/emulator.ts';

/** Zones, images and VPCs come and go; a cluster that exists stays where it is, and can be destroyed. */

let emulator: Emulator;
let server: ServerProcess;
let ec2: EC2Client;
beforeEach(async () => {
  emulator = await startEmulator();
  ec2 = clientOf(emulator);
  server = await startAwsServer(emulator, { AWS_MAX_ATTEMPTS: '2' });
});
afterEach(async () => {
  await server?.kill();
  await emulator?.stop();
  await server?.destroy();
});

async function plan(body: object = {}) {
  await server.step('/generate-terraform', body);
  return await server.step('/plan-terraform', {});
}

async function made() {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const { NatGateways = [] } = await ec2.send(new DescribeNatGatewaysCommand({}));
  const isOurs = ({ Tags = [] }: { Tags?: { Key?: string | undefined }[] | undefined }) =>
    Tags.some(({ Key }) => Key === 'hathi:cluster');
  return {
    instances: Reservations.flatMap(({ Instances = [] }) => Instances)
      .filter(({ State }) => State?.Name !== 'terminated')
      .map(({ InstanceId, Placement }) => `${InstanceId} ${Placement?.AvailabilityZone}`)
      .sort(),
    subnets: Subnets.filter(isOurs)
      .map(({ AvailabilityZone, CidrBlock }) => `${AvailabilityZone} ${CidrBlock}`)
      .sort(),
    nat: NatGateways.filter(({ State }) => State === 'available').map(
      ({ NatGatewayId, SubnetId }) => `${NatGatewayId} ${SubnetId}`,
    ),
  };
}

/** Empties the list of a response. */
const nothing = (text: string) => text.replaceAll(/<item>[\s\S]*<\/item>/g, '');

/** The account has lost everything that a new node would need. */
function loseEverything() {
  for (const action of [
    'DescribeAvailabilityZones',
    'DescribeInstanceTypeOfferings',
    'DescribeImages',
  ]) {
    emulator.faults.rewrite(action, nothing);
  }
  emulator.faults.refuse('DescribeInstanceTypes', 'InvalidInstanceType', 1_000);
}

async function destroy() {
  await server.send('PATCH', '/api/v1/clusters/default', { deletion_protection: false });
  const destroyed = await server.step('/destroy-terraform', { confirm: 'default' });
  expect(destroyed).toMatchObject({ destroyed: true, left: [] });
  expect(await made()).toEqual({ instances: [], subnets: [], nat: [] });
}

const without = (zone: string) => (text: string) =>
  text
    .split(/(?=<item>)/)
    .filter((item) => !item.includes(`<zoneName>${zone}</zoneName>`))
    .join('');

it('keeps nodes, subnets and the NAT gateway when zones are reordered, dropped or lost', async () => {
  const network = { mode: 'own', cidr: VPC_CIDR, private: true };
  const zones = (...letters: string[]) => ({
    aws: { ...SETTINGS, network, availability_zones: letters.map((one) => `eu-central-1${one}`) },
  });
  await plan({ instance_type: 't3.medium', replica_count: 2, ...zones('b', 'a', 'c') });
  await server.step('/apply-terraform', {});
  const before = await made();
  expect(before.subnets).toEqual([
    'eu-central-1a 10.219.0.0/20',
    'eu-central-1a 10.219.128.0/20',
    'eu-central-1b 10.219.144.0/20',
    'eu-central-1b 10.219.16.0/20',
    'eu-central-1c 10.219.160.0/20',
    'eu-central-1c 10.219.32.0/20',
  ]);

  expect((await plan(zones('c', 'a'))).summary).toMatchObject({ empty: true });

  emulator.faults.rewrite('DescribeAvailabilityZones', without('eu-central-1a'));
  const lost = await plan(zones('a', 'b', 'c'));
  expect(lost.summary).toMatchObject({ empty: true });
  expect(lost.context.findings).toContainEqual(
    expect.objectContaining({ check: 'availability-zones', severity: 'warning' }),
  );

  loseEverything();
  expect((await plan()).summary).toMatchObject({ empty: true });
  expect(await made()).toEqual(before);
  await destroy();
});

it('destroys a cluster whose default VPC, subnets and image are gone', async () => {
  await plan({
    instance_type: 't3.medium',
    replica_count: 0,
    aws: { ...SETTINGS, network: { mode: 'default' } },
  });
  await server.step('/apply-terraform', {});
  expect((await made()).instances).toHaveLength(1);
  loseEverything();
  for (const action of ['DescribeVpcs', 'DescribeSubnets'])
    emulator.faults.rewrite(action, nothing);
  await destroy();
});
