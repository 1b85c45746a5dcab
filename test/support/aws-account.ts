import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { createAwsCloud } from '../../src/targets/aws/account/aws-cloud.ts';
import type { Cloud, PreflightInput } from '../../src/targets/aws/account/cloud.ts';
import { type Emulator, startEmulator } from '../aws/ec2/emulator.ts';
import { type AwsStub, startAwsStub } from './aws-stub.ts';

export const REGION = 'eu-central-1';

/** An emulated account, and Hathi's own view of it. */
export interface TestAccount {
  cloud: Cloud;
  ec2: EC2Client;
  iam: IAMClient;
  emulator: Emulator;
  /** In the place of Service Quotas, of which the emulator knows little. */
  quotas: AwsStub;
  /** Where the SDK looks for the files `config` and `credentials`. */
  folder: string;
  /**
   * Sets what the SDK's own chain reads of this process, and nothing of the user's who runs the tests.
   * @param changes undefined takes a variable away
   */
  setEnvironment(changes?: Record<string, string | undefined>): void;
  stop(): Promise<void>;
}

export async function startTestAccount(): Promise<TestAccount> {
  const folder = await mkdtemp(join(tmpdir(), 'hathi-aws-'));
  const emulator = await startEmulator(REGION);
  const quotas = await startAwsStub();
  const saved = process.env;
  const mine = Object.entries(saved).filter(([name]) => !name.startsWith('AWS_'));
  const setEnvironment = (changes: Record<string, string | undefined> = {}) => {
    const all = {
      ...Object.fromEntries(mine),
      ...emulator.environment,
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
      AWS_ENDPOINT_URL_SERVICE_QUOTAS: quotas.url,
      ...changes,
    };
    const set = Object.entries(all).filter(([, value]) => value !== undefined);
    process.env = Object.fromEntries(set) as NodeJS.ProcessEnv;
  };
  setEnvironment();
  const ec2 = new EC2Client({ region: REGION });
  const iam = new IAMClient({ region: REGION });
  return {
    cloud: createAwsCloud({ pollMilliseconds: 20, patienceSeconds: 1 }),
    ec2,
    iam,
    emulator,
    quotas,
    folder,
    setEnvironment,
    async stop() {
      process.env = saved;
      ec2.destroy();
      iam.destroy();
      await emulator.stop();
      await quotas.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Of a cluster with a witness that the emulated account can have. */
export const preflightInput = (changes: Partial<PreflightInput> = {}): PreflightInput => ({
  region: REGION,
  instanceType: 't3.medium',
  nodes: 3,
  newNodes: 3,
  availabilityZones: [],
  amiId: null,
  network: { mode: 'default' },
  keyName: null,
  publicKey: null,
  connection: 'private',
  publicAddresses: false,
  inboundRules: { ipv4: 4, ipv6: 3 },
  ...changes,
});
