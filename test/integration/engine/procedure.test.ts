import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { SqlUnitOfWork } from '../../../src/adapters/database/sql-unit-of-work.ts';
import { isFinished } from '../../../src/core/operation/operation-state.ts';
import type { PlannedStage } from '../../../src/core/procedures/procedure.ts';
import { newCluster } from '../../support/clusters.ts';
import { openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { plannedTestStage } from '../../support/test-stages.ts';
import { firstAnswer } from '../../support/wait-for.ts';

/** Long enough for a renewal on a slow machine; each crash costs one lease. */
const LEASE_SECONDS = 2;
const WAIT_SECONDS = 20;
const ENGINE_PROCESS = new URL('../../support/engine-process.ts', import.meta.url).pathname;

/** Twelve stages; three of them are the same stage, and Terraform is planned and applied twice. */
const TWELVE: readonly PlannedStage[] = [
  plannedTestStage('generate-terraform'),
  plannedTestStage('plan-terraform', { node: 'first' }),
  plannedTestStage('apply-terraform', { node: 'first' }),
  plannedTestStage('create-ansible-script'),
  plannedTestStage('execute-ansible-script'),
  plannedTestStage('restart-node', { node: 'c-2' }),
  plannedTestStage('restart-node', { node: 'c-3' }),
  plannedTestStage('restart-node', { node: 'c-1' }),
  plannedTestStage('plan-terraform', { node: 'second' }),
  plannedTestStage('apply-terraform', { node: 'second' }),
  plannedTestStage('verify-replication'),
  plannedTestStage('destroy-terraform'),
];
const keyOf = ({ name, node }: PlannedStage) => (node === null ? name : `${name}@${node}`);

let opened: TestDatabase;
let work: SqlUnitOfWork;
let folder: string;
let worker: ChildProcess | null = null;
let workers = 0;

beforeAll(async () => {
  opened = await openTestDatabase('postgres');
  work = new SqlUnitOfWork(opened.database.db);
}, 120_000);
afterAll(async () => await opened?.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hathi-procedure-'));
  const program = [
    'echo "$1 began" >>applied',
    'echo started',
    'while [ ! -e "finish-$1" ]; do sleep 0.05; done',
    'echo "$1 ended" >>applied',
  ];
  writeFileSync(join(folder, 'work.sh'), program.join('\n'));
});
afterEach(async () => {
  worker?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function startWorker(): Promise<void> {
  const args = [opened.url as string, folder, `abc123:${++workers}`, String(LEASE_SECONDS)];
  const child = spawn(process.execPath, [ENGINE_PROCESS, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  worker = child;
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data) => String(data).includes('ready') && resolve());
    child.on('exit', (code) => reject(new Error(`the worker exited with ${code}`)));
  });
}

async function enqueue(): Promise<string> {
  const cluster = await work.direct.clusters.insert(newCluster());
  const operation = await work.direct.operations.insert({
    id: randomUUID(),
    cluster_id: cluster.id,
    site: null,
    kind: 'create-cluster',
    access: 'change',
    stages: TWELVE,
    input: {},
    approval: 'automatic',
    idempotency_key: null,
  });
  return operation.id;
}

const eventually = <T>(question: Parameters<typeof firstAnswer<T>>[0]) =>
  firstAnswer(question, WAIT_SECONDS);
const mark = (action: 'release' | 'finish', planned: PlannedStage) =>
  writeFileSync(join(folder, `${action}-${keyOf(planned)}`), '');
const linesOf = (name: string) =>
  existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8').trim().split('\n') : [];
const finished = (id: string) =>
  eventually(async () => {
    const operation = await work.direct.operations.get(id);
    return isFinished(operation.state) && operation;
  });

it('survives a crash in each of twelve stages, three of which are the same stage', async () => {
  await startWorker();
  const id = await enqueue();
  for (const planned of TWELVE) {
    mark('release', planned);
    await eventually(() => linesOf('applied').includes(`${keyOf(planned)} began`));
    worker?.kill('SIGKILL');
    await startWorker();
    mark('finish', planned);
    await eventually(() => linesOf('applied').includes(`${keyOf(planned)} ended`));
  }
  const operation = await finished(id);
  expect(operation.error).toBeNull();
  expect(operation.state).toBe('succeeded');
  expect(linesOf('applied')).toEqual(
    TWELVE.flatMap((planned) => [`${keyOf(planned)} began`, `${keyOf(planned)} ended`]),
  );
  const events = await work.direct.operations.eventsAfter(id, 0, 1000);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  const succeeded = events.filter(({ type }) => type === 'stage.succeeded');
  expect(succeeded.map(({ position, stage: name }) => [position, name])).toEqual(
    TWELVE.map(({ name }, position) => [position, name]),
  );
}, 180_000);

it('runs only the interrupted one of three equal stages again, and names an apply that was cut off', async () => {
  await startWorker();
  const id = await enqueue();
  const [before, repeated, rest] = [TWELVE.slice(0, 6), TWELVE[6], TWELVE.slice(7)];
  const apply = TWELVE[9];
  if (!repeated || !apply) throw new Error('the procedure is shorter');
  for (const planned of before) {
    mark('release', planned);
    mark('finish', planned);
  }
  const entered = (planned: PlannedStage) =>
    linesOf('entered').filter((line) => line.endsWith(` ${keyOf(planned)}`)).length;
  await eventually(() => entered(repeated) === 1);
  worker?.kill('SIGKILL');
  await startWorker();
  await eventually(() => entered(repeated) === 2);
  for (const planned of [repeated, ...rest]) mark('release', planned);
  for (const planned of [repeated, ...rest]) if (planned !== apply) mark('finish', planned);
  await eventually(() => linesOf('applied').includes(`${keyOf(apply)} began`));
  const child = await eventually(async () => {
    const record = await work.direct.operations.child(id, 9, 'work');
    return record?.pid != null && record;
  });
  worker?.kill('SIGKILL');
  process.kill(-(child.pid as number), 'SIGKILL');
  await startWorker();
  expect(await finished(id)).toMatchObject({
    state: 'interrupted',
    error: { code: 'OPERATION_INTERRUPTED' },
  });
  expect(before.map(entered)).toEqual(before.map(() => 1));
  const { stages } = await work.direct.operations.get(id);
  expect(stages.map(({ state }) => state)).toEqual([
    ...Array.from({ length: 9 }, () => 'succeeded'),
    'interrupted',
    'pending',
    'pending',
  ]);
}, 120_000);
