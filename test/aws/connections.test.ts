import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSshKeys } from '../../src/adapters/ssh/ssh-keys.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { clientOf, SETTINGS, startAwsServer } from './aws-server.ts';
import { type Bastion, startBastion } from './ec2/bastion.ts';
import { type Emulator, startEmulator } from './ec2/emulator.ts';
import { type Machines, startMachines } from './ec2/machines.ts';
import { type SessionManager, startSessionManager } from './ec2/session-manager.ts';

const CONTROL = { control_cidrs: SETTINGS.control_cidrs };

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
  await prepare({ aws: { bastion: settings, connection: 'bastion' } });
  return (await server.post('/execute-ansible-script', {})).body;
}

/** From the request to the verified cluster. @returns the response of execute-ansible-script */
async function runPath(body: object) {
  await prepare(body);
  return await setUp();
}

/** Sets up and verifies the machines. @returns the response of execute-ansible-script */
async function setUp() {
  const executed = await server.step('/execute-ansible-script', {});
  expect(await server.step('/verify-replication', {})).toMatchObject({ passed: true });
  return executed;
}

/** Whether a connection to the SSH port of the machine opens, from where the server is. */
async function sshOpens(): Promise<boolean> {
  const { nodes } = (await server.get('/api/v1/clusters/default')).body;
  const socket = connect({ host: nodes[0].address, port: 22, timeout: 5_000 });
  const opens = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false)).once('timeout', () => resolve(false));
  });
  socket.destroy();
  return opens;
}

/** Waits for facts of the node that arrived after this moment, over the connection of the spec. */
async function untilObserved(): Promise<void> {
  const since = new Date().toISOString();
  await waitFor('facts of the node', 40, async () => {
    const { nodes } = (await server.get('/api/v1/clusters/default/nodes')).body;
    const { reachable, observed_at: at, reason } = nodes[0].observation ?? {};
    if (!reachable) throw new Error(reason);
    return at > since;
  });
}

it('sets a machine up by Session Manager alone, with the agent that the machine installed', async () => {
  await runPath({
    instance_type: 't3.medium',
    replica_count: 0,
    aws: {
      ...SETTINGS,
      connection: 'ssm',
      session_manager: true,
      ssm_agent_url: sessions.agent.url,
      ssm_agent_sha256: sessions.agent.sha256,
      control_cidrs: [],
    },
  });
  expect(await sshOpens()).toBe(false);
  await untilObserved();
  const calls = await sessions.calls();
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) {
    expect(call).toMatch(
      /^ssm start-session --region eu-central-1 --target i-[0-9a-f]+ --document-name AWS-StartSSHSession --parameters portNumber=22$/,
    );
  }
  expect(await bastion.targets()).toEqual([]);
});

it('goes on through a bastion', async () => {
  const aws = { connection: 'bastion', bastion: bastion.settings, ...CONTROL };
  await prepare({ aws });
  // Until it reads the applied spec, the observer may connect through the session manager once more.
  await waitFor('the observer to use the bastion', 60, async () => {
    return (await bastion.targets()).length > 0;
  });
  const seen = (await sessions.calls()).length;
  const executed = await setUp();
  expect(executed.changed).toBe(0);
  expect(await sshOpens()).toBe(true);
  await untilObserved();
  const { nodes } = (await server.get('/api/v1/clusters/default')).body;
  // SSH alone: what goes to PostgreSQL is carried on by the machine's own sshd.
  expect(new Set(await bastion.targets())).toEqual(new Set([`${nodes[0].address}:22`]));
  expect(await sessions.calls()).toHaveLength(seen);
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

it('refuses an agent whose digest is another one', async () => {
  const url = sessions.agent.url;
  const wrong = machines.exec('default-1', '/usr/local/sbin/hathi-ssm-agent', url, '0'.repeat(64));
  await expect(wrong).rejects.toThrow(/has the SHA-256 digest \w+ instead of 0{64}/);
});

/** Its own cluster would cost minutes, so the machine above serves. */
describe('the data volume', () => {
  const WAIT = 'sed -i s/^WAIT_SECONDS=.*/WAIT_SECONDS=2/ /etc/default/hathi-data-volume';
  const data = '/var/lib/postgresql';
  const exec = (...command: string[]) => machines.exec('default-1', ...command);
  const inShell = (text: string) => exec('sh', '-c', text);
  const states = async () => await inShell('systemctl is-active etcd patroni || true');
  const proven = async () =>
    await waitFor('a proven cluster', 90, async () => {
      const report = await server.post('/verify-replication', {});
      return report.body.passed === true;
    });

  // The test before this one left a bastion that does not accept the key.
  beforeAll(() => prepare({ aws: { bastion: bastion.settings } }));

  it('is missing at a boot: nothing starts on the root disk, and the operation names the cause', async () => {
    await inShell(WAIT);
    machines.hideDisks('default-1');
    await machines.reboot('default-1');
    await waitFor('the boot to give up', 60, async () =>
      (await inShell('journalctl -b -u patroni.service')).includes('Dependency failed'),
    );
    expect(await states()).toBe('inactive\ninactive');
    expect(await inShell(`ls -A ${data}`)).toBe('');
    const executed = await server.post('/execute-ansible-script', {});
    expect(executed.body.code).toBe('ANSIBLE_FAILED');
    expect(executed.body.detail).toMatch(
      /default-1.*the data volume vol-\w+ is not there.*Attach it/,
    );
    expect(await inShell(`ls -A ${data}`)).toBe('');
  });

  it('comes late: everything starts without help', async () => {
    machines.showDisks('default-1');
    await proven();
    expect(await states()).toBe('active\nactive');
  });

  it('comes late in a slow boot, and PostgreSQL waits for it', async () => {
    await inShell(WAIT.replace('=2', '=60'));
    const since = await inShell('date "+%F %T"');
    machines.hideDisks('default-1');
    await machines.reboot('default-1');
    await waitFor('the service to wait', 60, async () =>
      (await inShell('systemctl is-active hathi-data-volume || true')).includes('activating'),
    );
    expect(await states()).toBe('inactive\ninactive');
    machines.showDisks('default-1');
    await proven();
    const journal = await inShell(`journalctl -u patroni.service --since "${since}"`);
    expect(journal).not.toContain('Dependency failed');
  });

  it('grows with its file system', async () => {
    const size = async () =>
      Number(await inShell(`df --output=size -BG ${data} | tail -n 1 | tr -d " G"`));
    const before = await size();
    await prepare({ aws: { data_volume: { size_gib: 24 } } });
    // At once where the kernel lets the container resize what is mounted, else at the next boot.
    const executed = await server.step('/execute-ansible-script', {});
    expect(executed.changed).toBeLessThanOrEqual(1);
    await machines.reboot('default-1');
    await proven();
    expect(before).toBeLessThan(21);
    expect(await size()).toBeGreaterThan(22);
    expect((await server.step('/execute-ansible-script', {})).changed).toBe(0);
  });
});
