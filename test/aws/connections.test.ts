import { writeFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSshKeys } from '../../src/adapters/ssh/ssh-keys.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { clientOf, SETTINGS, startAwsServer } from './aws-server.ts';
import { type Bastion, startBastion } from './ec2/bastion.ts';
import { type Emulator, startEmulator } from './ec2/emulator.ts';
import { type Machines, startMachines } from './ec2/machines.ts';
import { type SessionManager, startSessionManager } from './ec2/session-manager.ts';

let emulator: Emulator;
let machines: Machines;
let bastion: Bastion;
let sessions: SessionManager;
let server: ServerProcess;
beforeAll(async () => {
  emulator = await startEmulator();
  machines = await startMachines(clientOf(emulator));
  bastion = await startBastion();
  sessions = await startSessionManager();
  server = await startAwsServer(emulator, {
    PATH: [sessions.folder, process.env.PATH].join(delimiter),
  });
});
afterAll(async () => {
  await server?.kill();
  await bastion?.stop();
  await sessions?.stop();
  await machines?.stop();
  await emulator?.stop();
  await server?.destroy();
});

async function prepare(body: object): Promise<void> {
  await server.step('/generate-terraform', body);
  await server.step('/plan-terraform', {});
  await server.step('/apply-terraform', {});
  await server.step('/create-ansible-script', {});
}

/** The problem document of a run by way of this bastion. */
async function refusalOf(settings: Bastion['settings']) {
  await prepare({ aws: { bastion: settings } });
  return (await server.post('/execute-ansible-script', {})).body;
}

/** From what is asked for to the proof. @returns what execute-ansible-script answered */
async function runPath(body: object) {
  await prepare(body);
  const executed = await server.step('/execute-ansible-script', {});
  expect(await server.step('/verify-replication', {})).toMatchObject({ passed: true });
  return executed;
}

it('sets a machine up and proves it through a bastion', async () => {
  await runPath({
    instance_type: 't3.medium',
    replica_count: 0,
    aws: { ...SETTINGS, connection: 'bastion', bastion: bastion.settings },
  });
  const { nodes } = (await server.get('/api/v1/clusters/default')).body;
  // SSH alone: what goes to PostgreSQL is carried on by the machine's own sshd.
  expect(new Set(await bastion.targets())).toEqual(new Set([`${nodes[0].address}:22`]));
  expect(await sessions.calls()).toEqual([]);
});

it('says that the bastion is not who it should be', async () => {
  const [type] = bastion.settings.host_key.split(' ');
  const other = `${type} AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}`;
  const refusal = await refusalOf({ ...bastion.settings, host_key: other });
  expect(refusal).toMatchObject({ code: 'NODE_REFUSED', reason: 'host-key', by: 'bastion' });
  expect(refusal.detail).toContain('aws.bastion.host_key');
});

it('says that the bastion does not take the key', async () => {
  const keys = createSshKeys({ env: { PATH: process.env.PATH ?? '' } });
  const file = `${bastion.settings.private_key_file}-of-another`;
  await writeFile(file, (await keys.generate('another')).privateKey, { mode: 0o600 });
  const refusal = await refusalOf({ ...bastion.settings, private_key_file: file });
  expect(refusal).toMatchObject({ code: 'NODE_REFUSED', reason: 'key', by: 'bastion' });
});

it('goes on by Session Manager, without a port that is open to anyone', async () => {
  const aws = { connection: 'ssm', session_manager: true, bastion: null, control_cidrs: [] };
  const seen = (await bastion.targets()).length;
  const executed = await runPath({ aws });
  expect(executed.changed).toBe(0);
  const calls = await sessions.calls();
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) {
    expect(call).toMatch(
      /^ssm start-session --region eu-central-1 --target i-[0-9a-f]+ --document-name AWS-StartSSHSession --parameters portNumber=22$/,
    );
  }
  expect(await bastion.targets()).toHaveLength(seen);
});
