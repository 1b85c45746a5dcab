/**
 * The whole path on a real account: makes a cluster, proves it, scales it by one, and removes all of
 * it, also when it fails. It costs money; see docs/how-to/test-against-aws.md.
 *
 *   HATHI_AWS_TEST=yes HATHI_AWS='{"region": …}' node test/aws/real/run.ts
 */
import { randomBytes } from 'node:crypto';
import { ServerProcess } from '../../support/server-process.ts';

const PASSED = Object.entries(process.env).filter(
  (entry): entry is [string, string] =>
    entry[1] !== undefined && /^(AWS_|HATHI_AWS$|HTTPS?_PROXY$|NO_PROXY$)/i.test(entry[0]),
);
const INSTANCE_TYPE = process.env.HATHI_AWS_TEST_TYPE ?? 't3.medium';

if (process.env.HATHI_AWS_TEST !== 'yes') {
  console.error(
    'This makes four machines on the account of your AWS credentials, for about twenty minutes: well under a dollar.\nSet HATHI_AWS_TEST=yes to agree, and HATHI_AWS to how they are reached; see docs/how-to/test-against-aws.md.',
  );
  process.exit(64);
}

const cluster = `hathi-test-${randomBytes(3).toString('hex')}`;
const environment = { ...Object.fromEntries(PASSED), HATHI_TARGET: 'aws' };
const server = await ServerProcess.start(environment);
const say = (text: string) => console.log(`${new Date().toISOString()} ${text}`);
let failed = 0;
let passed = 0;

async function step(name: string, body: object = {}): Promise<Record<string, unknown>> {
  const answer = await server.post(`/${name}`, { cluster, ...body });
  if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.body.detail}`);
  say(`${name}: done`);
  return answer.body;
}

async function check(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    passed += 1;
    say(`passed: ${what}`);
  } catch (error) {
    failed += 1;
    say(`failed: ${what}: ${(error as Error).message}`);
    throw error;
  }
}

async function converge(replicas: number): Promise<void> {
  await step('generate-terraform', { instance_type: INSTANCE_TYPE, replica_count: replicas });
  const plan = await step('plan-terraform');
  say(JSON.stringify(plan.context, null, 2));
  await step('apply-terraform');
  await step('create-ansible-script', { max_connections: 200, shared_buffers: '128MB' });
  await step('execute-ansible-script');
  const report = await step('verify-replication');
  if (report.passed !== true) throw new Error(JSON.stringify(report));
}

try {
  await check('one primary and two replicas, proven', () => converge(2));
  await check('nothing to change the second time', async () => {
    const { summary } = (await step('plan-terraform')) as { summary: { empty: boolean } };
    if (!summary.empty) throw new Error(JSON.stringify(summary));
  });
  await check('one replica more, proven', () => converge(3));
} catch {
  say(`the server's log ended:\n${server.log.slice(-4_000)}`);
} finally {
  await check('everything is removed', async () => {
    await server.send('PATCH', `/api/v1/clusters/${cluster}`, { deletion_protection: false });
    await step('destroy-terraform', { confirm: cluster });
    const { body } = await server.get('/api/v1/orphans');
    const left = body.orphans.filter((one: { cluster: string }) => one.cluster === cluster);
    for (const { id, remove } of left) say(`still there: ${id}; by hand: ${remove}`);
    if (left.length > 0) throw new Error(`${left.length} resources are left`);
  }).catch(() => say(`look for what is left: hathi cluster orphans (cluster ${cluster})`));
  if (failed === 0) await server.destroy();
  else say(`the workspace is kept: ${server.dataDirectory}`);
  await server.stop();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
