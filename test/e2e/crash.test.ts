import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OperationRecord } from '../../src/core/operation/operation.ts';
import type { Step } from '../../src/core/operation/steps.ts';
import { ServerProcess } from '../support/server-process.ts';

const run = promisify(execFile);

/** The steps of a create, in order, each killed in the middle. */
const STEPS: [Step, Record<string, unknown>][] = [
  ['generate-terraform', { instance_type: 't2.medium', replica_count: 1 }],
  ['plan-terraform', {}],
  ['apply-terraform', {}],
  ['create-ansible-script', { max_connections: 150 }],
  ['execute-ansible-script', {}],
  ['verify-replication', {}],
];

let server: ServerProcess;
beforeAll(async () => {
  server = await ServerProcess.start();
});
afterAll(async () => await server?.destroy('crash'));

/** Enqueues a step and kills the server as soon as the stage is known to have started. */
async function killWithin(step: Step, body: Record<string, unknown>): Promise<string> {
  const { status, body: operation } = await server.post(
    `/${step}`,
    { cluster: 'crash', ...body },
    { prefer: 'respond-async' },
  );
  if (status !== 202) throw new Error(JSON.stringify(operation));
  await server.follow(operation.id, ({ type }) => type === 'stage.started');
  await server.kill();
  return operation.id;
}

async function outcomeAfterRestart(id: string): Promise<OperationRecord> {
  await server.run();
  const events = await server.follow(id);
  const sequences = events.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  return await server.operation(id);
}

it.each(STEPS)('%s succeeds though the server is killed in it', async (step, body) => {
  const id = await killWithin(step, body);
  const operation = await outcomeAfterRestart(id);
  expect(operation.error).toBeNull();
  expect(operation.state).toBe('succeeded');
});

it('made every node once', async () => {
  const { stdout } = await run('docker', [
    ...['ps', '--all', '--filter', 'label=hathi.cluster=crash', '--format'],
    '{{.Label "hathi.site"}} {{.Label "hathi.node"}}',
  ]);
  const site = (await run('cat', [`${server.dataDirectory}/site`])).stdout.trim();
  const nodes = stdout.split('\n').filter((line) => line.startsWith(site));
  expect(nodes.map((line) => line.split(' ')[1]).sort()).toEqual(['crash-1', 'crash-2', 'crash-3']);
});

it('ends interrupted, with a new plan to review, when the apply dies as well', async () => {
  await server.step('/generate-terraform', { cluster: 'crash', replica_count: 2 });
  await server.step('/plan-terraform', { cluster: 'crash' });
  const { body: queued } = await server.post(
    '/apply-terraform',
    { cluster: 'crash' },
    { prefer: 'respond-async' },
  );
  await server.follow(queued.id, ({ type }) => type === 'terraform.resource');
  await server.kill();
  // The supervisor and everything it started: found by the operation's folder in their arguments.
  const { stdout } = await run('pgrep', ['-f', `supervise.sh .*${queued.id}`]);
  for (const pid of stdout.split('\n').filter(Boolean)) process.kill(-Number(pid), 'SIGKILL');
  const operation = await outcomeAfterRestart(queued.id);
  expect(operation).toMatchObject({
    state: 'interrupted',
    error: { code: 'OPERATION_INTERRUPTED', details: { plan_id: expect.any(String) } },
  });
  // Nothing was applied by itself; what is applied now is what was shown.
  await server.step('/apply-terraform', {
    cluster: 'crash',
    plan_id: operation.error?.details.plan_id,
  });
  await server.step('/create-ansible-script', { cluster: 'crash' });
  await server.step('/execute-ansible-script', { cluster: 'crash' });
  const report = await server.step('/verify-replication', { cluster: 'crash' });
  expect(report.passed).toBe(true);
});
