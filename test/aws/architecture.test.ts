import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServerProcess } from '../support/server-process.ts';
import { clientOf, startAwsServer } from './aws-server.ts';
import { type Emulator, IMAGES, startEmulator } from './ec2/emulator.ts';

let emulator: Emulator;
let server: ServerProcess;
beforeAll(async () => {
  emulator = await startEmulator();
  server = await startAwsServer(emulator);
});
afterAll(async () => {
  await server?.destroy();
  await emulator?.stop();
});

it.each([
  ['t4g.medium', 'arm64'],
  ['t3.medium', 'amd64'],
])('%s gets the newest Debian 13 for %s', async (instance_type, architecture) => {
  const cluster = `on-${architecture}`;
  await server.step('/generate-terraform', { cluster, instance_type, replica_count: 0 });
  await server.step('/plan-terraform', { cluster });
  await server.step('/apply-terraform', { cluster });
  const { Reservations = [] } = await clientOf(emulator).send(new DescribeInstancesCommand({}));
  const [made] = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
    ({ InstanceType }) => InstanceType === instance_type,
  );
  const image = IMAGES.find(({ ami_id }) => ami_id === made?.ImageId);
  expect(image?.name).toMatch(new RegExp(`^debian-13-${architecture}-`));
});
