import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  ImportKeyPairCommand,
  type Instance,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createSshKeys } from '../../src/adapters/ssh/ssh-keys.ts';
import { enginesOf } from '../support/engines-of.ts';
import type { Answer, ServerProcess } from '../support/server-process.ts';
import { clientOf, SETTINGS, startAwsServer } from './aws-server.ts';
import { type Emulator, startEmulator } from './ec2/emulator.ts';
import { type Machines, startMachines } from './ec2/machines.ts';

/** For a node whose SSH will never open. */
const READY_SECONDS = 12;

let emulator: Emulator;
let server: ServerProcess;
let ec2: EC2Client;
let machines: Machines | null = null;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hathi-faults-'));
});
beforeEach(async () => {
  emulator = await startEmulator();
  ec2 = clientOf(emulator);
  server = await startAwsServer(emulator, {
    HATHI_NODE_READY_SECONDS: String(READY_SECONDS),
    // The default is 25, which takes minutes.
    AWS_MAX_ATTEMPTS: '5',
  });
});
afterEach(async () => {
  await server?.kill();
  await machines?.stop();
  machines = null;
  await emulator?.stop();
  await server?.destroy();
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function instances(): Promise<Instance[]> {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  return Reservations.flatMap(({ Instances = [] }) => Instances).filter(
    ({ State }) => State?.Name !== 'terminated',
  );
}

const nodesOf = (all: Instance[]): (string | undefined)[] =>
  all.map(({ Tags = [] }) => Tags.find(({ Key }) => Key === 'hathi:node')?.Value).sort();

/** Up to the plan of a cluster of one node. */
async function planned(more: object = {}): Promise<Answer['body']> {
  await server.step('/generate-terraform', {
    instance_type: 't3.medium',
    replica_count: 0,
    ...more,
  });
  return await server.step('/plan-terraform', {});
}

/** What is left is taken up: a new plan, an apply, and one machine of each name. */
async function carriesOn(nodes: string[]): Promise<void> {
  emulator.faults.mend();
  await server.step('/plan-terraform', {});
  await server.step('/apply-terraform', {});
  expect(nodesOf(await instances())).toEqual(nodes);
}

it('gets over an API that throttles', async () => {
  await planned();
  emulator.faults.refuse('RunInstances', 'RequestLimitExceeded', 3);
  emulator.faults.refuse('DescribeInstances', 'RequestLimitExceeded', 3);
  await server.step('/apply-terraform', {});
  expect(nodesOf(await instances())).toEqual(['default-1']);
});

it('says that a zone has no capacity, and carries on once it has', async () => {
  await planned({ replica_count: 2 });
  emulator.faults.refuse('RunInstances', 'InsufficientInstanceCapacity', 40, (question) =>
    question.toString().includes('default-2'),
  );
  const refused = await server.post('/apply-terraform', {});
  expect(refused).toMatchObject({
    status: 502,
    body: {
      code: 'TERRAFORM_FAILED',
      detail: expect.stringMatching(/InsufficientInstanceCapacity/),
    },
  });
  expect(nodesOf(await instances())).toEqual(['default-1', 'default-3']);
  await carriesOn(['default-1', 'default-2', 'default-3']);
});

it('says that an instance was terminated as it booted, and makes another', async () => {
  machines = await startMachines(ec2);
  machines.terminateAtBoot('default-1');
  await planned();
  // EC2 reports it as running for a moment, so either the apply or the SSH connection finds its end.
  const applied = await server.post('/apply-terraform', {});
  if (applied.status === 200) {
    await server.step('/create-ansible-script', {});
    const executed = await server.post('/execute-ansible-script', {});
    expect(executed.body.code).toBe('NODE_UNREACHABLE');
    expect(executed.body.detail).toMatch(/default-1/);
  } else {
    expect(applied.body.code).toBe('TERRAFORM_FAILED');
    expect(applied.body.detail).toMatch(/terminated|attach/i);
  }
  await carriesOn(['default-1']);
});

it('finds the machine of an apply that was killed before it had the answer, and takes it over', async () => {
  await planned();
  const killed = Promise.withResolvers<void>();
  emulator.faults.withhold('RunInstances', () => killed.resolve());
  const applying = server.post('/apply-terraform', {}).catch(() => null);
  await killed.promise;
  const terraform = await enginesOf(server.dataDirectory);
  expect(terraform.length).toBeGreaterThan(0);
  for (const pid of terraform) process.kill(pid, 'SIGKILL');
  const answer = await applying;
  expect(answer).toMatchObject({ body: { code: 'OPERATION_INTERRUPTED' } });
  const [made] = await instances();
  expect(answer?.body.detail).toContain(made?.InstanceId);
  expect(answer?.body.orphans[0]).toMatchObject({ remove: expect.stringMatching(/^aws ec2 /) });

  const orphans = await server.get('/api/v1/orphans');
  expect(orphans.body.orphans.map(({ id }: { id: string }) => id)).toContain(made?.InstanceId);
  await carriesOn(['default-1']);
  expect((await instances())[0]?.InstanceId).toBe(made?.InstanceId);
  expect((await server.get('/api/v1/orphans')).body.orphans).toEqual([]);
});

it('says that the credentials expired, and carries on with others', async () => {
  await planned();
  emulator.faults.refuseAll('ExpiredToken');
  const applied = await server.post('/apply-terraform', {});
  expect(applied.body).toMatchObject({
    code: 'TERRAFORM_FAILED',
    detail: expect.stringMatching(/ExpiredToken/),
  });
  const again = await server.post('/plan-terraform', {});
  expect(again).toMatchObject({ status: 503, body: { code: 'CLOUD_UNAVAILABLE' } });
  expect(again.body.detail).toMatch(/expired/i);
  const { AWS_SECRET_ACCESS_KEY: secret = '' } = emulator.environment;
  expect(JSON.stringify([applied.body, again.body])).not.toContain(secret);
  await carriesOn(['default-1']);
});

it('starts a stopped machine, and stops or replaces none, whatever is requested', async () => {
  await planned();
  await server.step('/apply-terraform', {});
  await server.step('/create-ansible-script', {});
  const idsOf = async () => {
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
    return [
      ...(await instances()).map(({ InstanceId }) => InstanceId),
      ...Volumes.map(({ VolumeId }) => VolumeId),
    ].sort();
  };
  const before = await idsOf();
  const [machine] = await instances();
  await ec2.send(new StopInstancesCommand({ InstanceIds: [machine?.InstanceId ?? ''] }));
  const restart = await server.step('/plan-terraform', {});
  expect(restart.starts).toMatchObject([{ node: 'default-1' }]);
  expect(restart.context.findings).toContainEqual(
    expect.objectContaining({ check: 'machine-stopped', severity: 'warning' }),
  );
  const shown = await server.get('/api/v1/clusters/default/nodes');
  expect(shown.body.nodes[0].machine).toMatchObject({ state: 'stopped' });
  expect(await server.step('/apply-terraform', {})).toMatchObject({ started: ['default-1'] });
  expect((await instances())[0]?.State?.Name).toBe('running');

  const kms = 'arn:aws:kms:eu-central-1:123456789012:key/other';
  const refused = await server.post('/generate-terraform', {
    instance_type: 'm7g.large',
    aws: { kms_key_id: kms },
  });
  expect(refused).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  expect(refused.body.errors.map(({ path }: { path: string }) => path)).toEqual([
    '/instance_type',
    '/aws/kms_key_id',
  ]);
  expect(refused.body.detail).toContain(`from "t3.medium" to "m7g.large"`);

  // The same by hand, in the files of the workspace.
  const file = join(server.dataDirectory, 'clusters', 'default', 'terraform', 'main.tf');
  const main = await readFile(file, 'utf8');
  const reasonsFor = async (edited: string) => {
    await writeFile(file, edited);
    const plan = await server.step('/plan-terraform', {});
    const apply = await server.post('/apply-terraform', {});
    expect(apply).toMatchObject({ status: 409, body: { code: 'PLAN_REFUSED' } });
    expect(await idsOf()).toEqual(before);
    return plan.refusals.map(
      ({ reason, node, attributes }: { reason: string; node: string; attributes: string[] }) =>
        `${reason} ${node} ${attributes}`,
    );
  };
  const line = /^( *)instance_type( *)= "t3.medium"$/m;
  expect(await reasonsFor(main.replace(line, '$1instance_type$2= "t3.large"'))).toEqual([
    'stops-node default-1 instance_type',
  ]);
  // The module ignores another key of a volume, until somebody edits that as well.
  const module = join(dirname(file), 'modules', 'aws', 'main.tf');
  const text = await readFile(module, 'utf8');
  await writeFile(module, text.replace(/^ *kms_key_id,\n/m, ''));
  expect(await reasonsFor(main.replace(line, `$&\n$1kms_key_id = "${kms}"`))).toEqual([
    'removes-data default-1 kms_key_id',
  ]);
});

it('says that SSH never opened', async () => {
  machines = await startMachines(ec2);
  machines.refuseSsh('default-1');
  await planned();
  await server.step('/apply-terraform', {});
  await server.step('/create-ansible-script', {});
  const executed = await server.post('/execute-ansible-script', {});
  expect(executed.body).toMatchObject({
    code: 'NODE_UNREACHABLE',
    detail: expect.stringMatching(/default-1.*did not open.*control_cidrs/),
  });
});

it('names a private key that does not fit its key pair before anything is planned', async () => {
  const keys = createSshKeys({ env: { PATH: process.env.PATH ?? '' } });
  const [fits, other] = [await keys.generate('fits'), await keys.generate('other')];
  await ec2.send(
    new ImportKeyPairCommand({
      KeyName: 'mine',
      PublicKeyMaterial: Buffer.from(fits.publicKey),
    }),
  );
  expect((await ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs).toHaveLength(1);
  const file = join(folder, 'key.pem');
  await writeFile(file, other.privateKey, { mode: 0o600 });
  const aws = { ...SETTINGS, key_name: 'mine', private_key_file: file };
  await server.step('/generate-terraform', { instance_type: 't3.medium', replica_count: 0, aws });
  const refused = await server.post('/plan-terraform', {});
  expect(refused).toMatchObject({ status: 409, body: { code: 'CLOUD_REFUSED' } });
  expect(refused.body.detail).toMatch(/mine/);
  await writeFile(file, fits.privateKey, { mode: 0o600 });
  await server.step('/generate-terraform', { aws });
  await server.step('/plan-terraform', {});
});

it('names the key when the machine refuses it', async () => {
  machines = await startMachines(ec2);
  await planned();
  await server.step('/apply-terraform', {});
  await server.step('/create-ansible-script', {});
  // Who made the machine gave it another key than the one that is known here.
  for (let tries = 0; tries < 60; tries++) {
    const keys = '/home/admin/.ssh/authorized_keys';
    if (
      await machines.exec('default-1', 'test', '-s', keys).then(
        () => true,
        () => false,
      )
    )
      break;
    await sleep(500);
  }
  await machines.exec('default-1', 'rm', '/home/admin/.ssh/authorized_keys');
  const executed = await server.post('/execute-ansible-script', {});
  expect(executed.body).toMatchObject({
    code: 'NODE_REFUSED',
    detail: expect.stringMatching(/default-1.*refuses the SSH key/),
  });
});
