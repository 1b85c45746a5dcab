import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cloud } from '../account/cloud.ts';
import { createAwsTarget } from '../aws-target.ts';
import { awsSettingsSchema } from '../settings/aws-settings.ts';

const CONTROL = { control_cidrs: ['203.0.113.7/32'] };
const SSM = { connection: 'ssm', session_manager: true };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hathi-session-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function install(program: string): Promise<void> {
  const file = join(folder, program);
  await writeFile(file, '#!/bin/sh\necho "$0 9.8.7 $*"\n');
  await chmod(file, 0o755);
}

/** Returns the findings that the target adds to the findings of the account. */
async function findings(aws: object) {
  const cloud = {
    preflight: async () => ({
      identity: { account: '123456789012', arn: 'arn', region: 'eu-central-1' },
      findings: [],
    }),
  } as unknown as Cloud;
  const target = createAwsTarget(cloud, {
    env: { PATH: folder },
    defaults: { settings: {}, regions: [] },
  });
  const spec = {
    ...{ name: 'orders', target: 'aws', instance_type: 't3.medium', replica_count: 0 },
    ...{ postgres_version: '17', failover_profile: 'balanced', allow_list: [], parameters: {} },
    aws: awsSettingsSchema.parse({ region: 'eu-central-1', ...aws }),
  } as const;
  const cluster = { site: 'abc123', name: 'orders', spec } as never;
  return (await target.preflight(cluster, { newNodes: 1, publicKey: null }))?.findings;
}

describe('connection ssm', () => {
  it('needs the AWS CLI and its plugin on the machine of the server', async () => {
    expect(await findings(SSM)).toMatchObject([
      { severity: 'error', message: expect.stringContaining('aws was not found') },
      { severity: 'error', message: expect.stringContaining('session-manager-plugin was not') },
    ]);
    await install('aws');
    expect(await findings(SSM)).toMatchObject([
      { severity: 'info', message: expect.stringContaining('9.8.7 --version') },
      {
        check: 'session-manager',
        severity: 'error',
        action: expect.stringContaining('Install it'),
      },
    ]);
    await install('session-manager-plugin');
    const found = await findings(SSM);
    expect(found?.map(({ severity }) => severity)).toEqual(['info', 'info']);
  });
});

it('looks for no program where the connection is another', async () => {
  expect(await findings(CONTROL)).toEqual([]);
});
