import { delimiter } from 'node:path';
import { DescribeInstancesCommand, DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServerProcess } from '../support/server-process.ts';
import { clientOf, SETTINGS, startAwsServer, VPC_CIDR } from './aws-server.ts';
import { type Emulator, startEmulator } from './ec2/emulator.ts';
import { type SessionManager, startSessionManager } from './ec2/session-manager.ts';

/** The longest network text, which becomes part of a tag. */
const LONG_NETWORK = '2001:db8:1111:2222:3333:4444:5555:6666/128';

let emulator: Emulator;
let server: ServerProcess;
let sessions: SessionManager;
beforeAll(async () => {
  emulator = await startEmulator();
  // The plan of a cluster behind Session Manager requires its programs.
  sessions = await startSessionManager();
  server = await startAwsServer(emulator, {
    PATH: [sessions.folder, process.env.PATH].join(delimiter),
  });
});
afterAll(async () => {
  await server?.destroy();
  await sessions?.stop();
  await emulator?.stop();
});

it.each([
  ['reached by SSH', { ...SETTINGS, control_cidrs: [VPC_CIDR, LONG_NETWORK] }],
  [
    'reached by Session Manager, in private subnets',
    {
      network: { mode: 'own', cidr: VPC_CIDR, private: true },
      connection: 'ssm',
      session_manager: true,
      control_cidrs: [],
    },
  ],
])(
  'AWS accepts every name, description and tag of the longest cluster name: %s',
  async (how, aws) => {
    const cluster = `a${how.length}-`.padEnd(40, 'x');
    await server.step('/generate-terraform', {
      cluster,
      instance_type: 't3.medium',
      replica_count: 1,
      allow_list: ['198.51.100.0/24', LONG_NETWORK],
      aws,
    });
    await server.step('/plan-terraform', { cluster });
    const applied = await server.step('/apply-terraform', { cluster });
    expect(applied.nodes).toHaveLength(3);
    const ec2 = clientOf(emulator);
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
    expect(SecurityGroups.map(({ GroupName }) => GroupName)).toContainEqual(
      expect.stringMatching(new RegExp(`^hathi-[0-9a-f]{6}-${cluster}$`)),
    );
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    const names = Reservations.flatMap(({ Instances = [] }) => Instances).flatMap(
      ({ Tags = [] }) => Tags.find(({ Key }) => Key === 'Name')?.Value ?? [],
    );
    expect(names).toEqual(expect.arrayContaining([1, 2, 3].map((n) => `${cluster}-${n}`)));
  },
);
