import { connect } from 'node:net';
import { DescribeInstancesCommand, DescribeVpcsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServerProcess } from '../support/server-process.ts';
import { clientOf, startAwsServer } from './aws-server.ts';
import { type Emulator, startEmulator } from './ec2/emulator.ts';
import { type Machines, startMachines } from './ec2/machines.ts';

/** The defaults of a new user: the account's default VPC, reached by public addresses. */
const REQUEST = {
  instance_type: 't3.medium',
  replica_count: 0,
  aws: {
    network: { mode: 'default' },
    connection: 'public',
    control_cidrs: ['198.51.100.7/32'],
  },
};

let emulator: Emulator;
let machines: Machines;
let server: ServerProcess;
let ec2: EC2Client;
beforeAll(async () => {
  emulator = await startEmulator();
  ec2 = clientOf(emulator);
  machines = await startMachines(ec2);
  server = await startAwsServer(emulator, { HATHI_AWS: '{}' });
});
afterAll(async () => {
  await server?.kill();
  await machines?.stop();
  await emulator?.stop();
  await server?.destroy();
});

async function apply(body: object) {
  await server.step('/generate-terraform', body);
  const plan = await server.step('/plan-terraform', {});
  await server.step('/apply-terraform', {});
  return plan;
}

async function prove() {
  await server.step('/create-ansible-script', {});
  await server.step('/execute-ansible-script', {});
  expect(await server.step('/verify-replication', {})).toMatchObject({ passed: true });
}

async function instance() {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const running = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
    ({ State }) => State?.Name === 'running',
  );
  expect(running).toHaveLength(1);
  return running[0];
}

/** Where users connect. */
async function host(): Promise<string> {
  const { body } = await server.get('/api/v1/clusters/default/connection');
  return body.nodes[0].host;
}

const opens = async (address: string) =>
  await new Promise<boolean>((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 5_000 });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false)).once('timeout', () => resolve(false));
    socket.once('close', () => socket.destroy());
  });

it('makes and proves a cluster in the default VPC, by its public address alone', async () => {
  await apply(REQUEST);
  await prove();
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
  const [vpc] = Vpcs.filter(({ IsDefault }) => IsDefault);
  const made = await instance();
  expect(made?.VpcId).toBe(vpc?.VpcId);
  expect(made?.PublicIpAddress).toMatch(/^127\./);
  expect(await host()).toBe(made?.PublicIpAddress);
  const { nodes } = (await server.get('/api/v1/clusters/default')).body;
  expect(nodes[0].ssh_host).toBe(made?.PublicIpAddress);
});

it('follows a public address that changed when the machine was stopped and started', async () => {
  const before = await host();
  await machines.reboot('default-1');
  const after = (await instance())?.PublicIpAddress ?? '';
  expect(after).not.toBe(before);
  expect(await opens(before)).toBe(false);
  await apply({});
  await prove();
  expect(await host()).toBe(after);
});

it('keeps an Elastic IP when the machine is stopped and started', async () => {
  await apply({ aws: { public_address: 'elastic' } });
  await prove();
  const before = await host();
  await machines.reboot('default-1');
  expect((await instance())?.PublicIpAddress).toBe(before);
  const plan = await apply({});
  expect(plan.summary).toMatchObject({ empty: true });
  await prove();
  expect(await host()).toBe(before);
});

it('destroys the cluster, and leaves the default VPC', async () => {
  await server.send('PATCH', '/api/v1/clusters/default', { deletion_protection: false });
  const destroyed = await server.step('/destroy-terraform', { confirm: 'default' });
  expect(destroyed).toMatchObject({ destroyed: true, left: [] });
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
  expect(Vpcs.filter(({ IsDefault }) => IsDefault)).toHaveLength(1);
});
