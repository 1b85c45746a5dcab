import { DescribeInstancesCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServerProcess } from '../support/server-process.ts';
import { clientOf, SETTINGS, startAwsServer } from './aws-server.ts';
import { type Emulator, startEmulator } from './ec2/emulator.ts';

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

async function plan(aws: object) {
  await server.step('/generate-terraform', { instance_type: 't3.medium', replica_count: 0, aws });
  return await server.step('/plan-terraform', {});
}

async function state() {
  const ec2 = clientOf(emulator);
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const [machine] = Reservations.flatMap(({ Instances = [] }) => Instances);
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
  return {
    id: machine?.InstanceId,
    profile: machine?.IamInstanceProfile?.Arn ?? null,
    volumes: Volumes.map(({ VolumeId, Size }) => [VolumeId, Size]).sort(),
    sizes: Volumes.map(({ Size }) => Size).sort(),
  };
}

it('changes volumes and the instance profile in place, and then finds nothing to do', async () => {
  await plan(SETTINGS);
  await server.step('/apply-terraform', {});
  const before = await state();
  expect(before).toMatchObject({ profile: null, sizes: [12, 20] });

  const changed = {
    ...SETTINGS,
    session_manager: true,
    root_volume: { size_gib: 13 },
    data_volume: { size_gib: 30 },
  };
  expect((await plan(changed)).summary).toMatchObject({ replace: 0, destroy: 0 });
  await server.step('/apply-terraform', {});
  const after = await state();
  expect(after.id).toBe(before.id);
  expect(after.profile).toMatch(/:instance-profile\/hathi\/hathi-[0-9a-f]{6}-default$/);
  expect(after.sizes).toEqual([13, 30]);
  expect(after.volumes.map(([id]) => id)).toEqual(before.volumes.map(([id]) => id));
  expect((await server.step('/plan-terraform', {})).summary).toMatchObject({ empty: true });
});
