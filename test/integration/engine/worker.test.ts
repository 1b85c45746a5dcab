// Longer than other files: its tests share one database and the helper that kills workers.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SqlUnitOfWork } from '../../../src/adapters/database/sql-unit-of-work.ts';
import type { OperationRecord } from '../../../src/core/operation/operation.ts';
import { isFinished } from '../../../src/core/operation/operation-state.ts';
import type { Step } from '../../../src/core/operation/steps.ts';
import { type OperationKind, planOperation } from '../../../src/core/procedures/procedures.ts';
import { newCluster } from '../../support/clusters.ts';
import { openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { firstAnswer } from '../../support/wait-for.ts';

const LEASE_SECONDS = 3;
const WAIT_SECONDS = 20;
const ENGINE_PROCESS = new URL('../../support/engine-process.ts', import.meta.url).pathname;

let opened: TestDatabase;
let work: SqlUnitOfWork;
let url: string;
let folder: string;
let workers: ChildProcess[] = [];

beforeAll(async () => {
  opened = await openTestDatabase('postgres');
  work = new SqlUnitOfWork(opened.database.db);
  url = opened.url as string;
}, 120_000);
afterAll(async () => await opened?.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hathi-worker-'));
  // Logs what it did, ends at a signal, and logs the signal.
  writeFileSync(
    join(folder, 'work.sh'),
    [
      'clear_up() { sleep 1; echo "$1 cleared up" >>applied; }',
      'interrupted() {',
      '  echo "$1 $2 interrupted" >>applied',
      '  if [ -e untidy ]; then clear_up "$1" & fi',
      '  if [ ! -e stubborn ]; then exit 130; fi',
      '}',
      'trap "interrupted $1 $2" INT TERM',
      'echo "$1 $2 began" >>applied',
      'echo line-1; echo line-2',
      'while [ ! -e "finish-$1" ]; do',
      '  if [ -e "more-$1" ]; then rm "more-$1"; echo line-more; fi',
      '  sleep 0.05',
      'done',
      'echo line-3',
      'echo "$1 $2 ended" >>applied',
    ].join('\n'),
  );
});
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  workers = [];
  await rm(folder, { recursive: true, force: true });
});

async function startWorkerProcess(
  id: string,
  environment: Record<string, string> = {},
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [ENGINE_PROCESS, url, folder, id, String(LEASE_SECONDS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  workers.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (data) => String(data).includes('ready') && resolve());
    child.on('exit', (code) => reject(new Error(`the worker exited with ${code}`)));
  });
  return child;
}

async function enqueue(kind: OperationKind, approval: OperationRecord['approval'] = 'automatic') {
  const cluster = await work.direct.clusters.insert(newCluster());
  return await work.direct.operations.insert({
    id: randomUUID(),
    cluster_id: cluster.id,
    site: null,
    ...planOperation(kind, cluster),
    input: {},
    approval: approval === 'manual' ? 'manual' : 'automatic',
    idempotency_key: null,
  });
}

const release = (stage: Step) => writeFileSync(join(folder, `release-${stage}`), '');
const finish = (stage: Step) => writeFileSync(join(folder, `finish-${stage}`), '');
const applied = () =>
  existsSync(join(folder, 'applied'))
    ? readFileSync(join(folder, 'applied'), 'utf8').trim().split('\n')
    : [];

const eventually = <T>(question: Parameters<typeof firstAnswer<T>>[0]) =>
  firstAnswer(question, WAIT_SECONDS);
const inState = (id: string, state: OperationRecord['state']) =>
  eventually(async () => {
    const operation = await work.direct.operations.get(id);
    return operation.state === state && operation;
  });
const finished = (id: string) =>
  eventually(async () => {
    const operation = await work.direct.operations.get(id);
    return isFinished(operation.state) && operation;
  });
const lines = async (id: string) =>
  (await work.direct.operations.eventsAfter(id, 0, 1000)).flatMap(({ type, data }) =>
    type === 'terraform.log' ? [data.message] : [],
  );

/** The id of an operation whose program has begun. */
async function runningPlaybook(): Promise<string> {
  const { id } = await enqueue('execute-ansible-script');
  release('execute-ansible-script');
  await eventually(async () => (await lines(id)).length === 2);
  return id;
}

const cancel = (id: string) =>
  work.transaction(async ({ operations }) => {
    await operations.setState(id, 'cancelling');
    await operations.requestCancel(id, 1);
  });

const REPEATED: Step[] = [
  'generate-terraform',
  'plan-terraform',
  'create-ansible-script',
  'execute-ansible-script',
  'verify-replication',
];

it.each(REPEATED)(
  'a worker killed before %s did anything is followed by another',
  async (stage) => {
    const first = await startWorkerProcess('abc123:first');
    const { id } = await enqueue(stage);
    await eventually(() => existsSync(join(folder, 'entered')));
    first.kill('SIGKILL');
    await startWorkerProcess('abc123:second');
    release(stage);
    finish(stage);
    const operation = await finished(id);
    expect(operation).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect(applied()).toEqual([`${stage} abc123:second began`, `${stage} abc123:second ended`]);
  },
);

it.each<Step>(['apply-terraform', 'execute-ansible-script'])(
  'a child of %s outlives a killed worker and is taken up, its output neither lost nor doubled',
  async (stage) => {
    const first = await startWorkerProcess('abc123:first');
    const { id } = await enqueue(stage);
    release(stage);
    await eventually(async () => (await lines(id)).length === 2);
    first.kill('SIGKILL');
    await startWorkerProcess('abc123:second');
    await eventually(async () => (await work.direct.operations.get(id)).attempt === 2);
    finish(stage);
    expect((await finished(id)).state).toBe('succeeded');
    expect(applied()).toEqual([`${stage} abc123:first began`, `${stage} abc123:first ended`]);
    expect(await lines(id)).toEqual(['line-1', 'line-2', 'line-3']);
  },
);

it.each<Step>(['apply-terraform', 'execute-ansible-script'])(
  'a child of %s whose start the worker did not live to record is found and taken up',
  async (stage) => {
    await startWorkerProcess('abc123:first', { DIE_AT_START: 'yes' });
    const { id } = await enqueue(stage);
    release(stage);
    await eventually(() => applied().length === 1);
    expect(await work.direct.operations.child(id, 0, 'work')).toMatchObject({ pid: null });
    await startWorkerProcess('abc123:second');
    await eventually(async () => (await lines(id)).length === 2);
    finish(stage);
    expect((await finished(id)).state).toBe('succeeded');
    expect(applied()).toEqual([`${stage} abc123:first began`, `${stage} abc123:first ended`]);
    expect(await lines(id)).toEqual(['line-1', 'line-2', 'line-3']);
  },
);

it('an apply that was killed together with the worker ends interrupted and is not applied again', async () => {
  const first = await startWorkerProcess('abc123:first');
  const { id } = await enqueue('apply-terraform');
  release('apply-terraform');
  await eventually(async () => (await lines(id)).length === 2);
  const child = await eventually(() => work.direct.operations.child(id, 0, 'work'));
  first.kill('SIGKILL');
  process.kill(-(child.pid as number), 'SIGKILL');
  await startWorkerProcess('abc123:second');
  expect(await finished(id)).toMatchObject({
    state: 'interrupted',
    error: { code: 'OPERATION_INTERRUPTED' },
  });
  expect(applied()).toEqual(['apply-terraform abc123:first began']);
});

/** Kills the supervisor alone, by the pid that it wrote; what it started goes on. */
async function killSupervisor(id: string): Promise<void> {
  const { folder: childFolder } = await eventually(() =>
    work.direct.operations.child(id, 0, 'work'),
  );
  const pid = await eventually(() => {
    const path = join(childFolder, 'pid');
    return existsSync(path) && Number.parseInt(readFileSync(path, 'utf8'), 10);
  });
  process.kill(pid, 'SIGKILL');
}

describe.each<Step>(['apply-terraform', 'execute-ansible-script'])(
  'a program of %s whose supervisor was killed',
  (stage) => {
    /** No result while the program acts, no second program, and an interrupted stage after its end. */
    async function expectInterruptedAfterTheEnd(id: string, more: string[] = []): Promise<void> {
      await sleep(1_000);
      expect((await work.direct.operations.get(id)).state).toBe('running');
      finish(stage);
      expect(await finished(id)).toMatchObject({
        state: 'interrupted',
        error: { code: 'OPERATION_INTERRUPTED' },
      });
      expect(applied()).toEqual([`${stage} abc123:first began`, `${stage} abc123:first ended`]);
      expect(await lines(id)).toEqual(['line-1', 'line-2', ...more, 'line-3']);
    }

    it('is waited for by its worker', async () => {
      await startWorkerProcess('abc123:first');
      const { id } = await enqueue(stage);
      release(stage);
      await eventually(async () => (await lines(id)).length === 2);
      await killSupervisor(id);
      await expectInterruptedAfterTheEnd(id);
    });

    it('is found and waited for by the next worker', async () => {
      const first = await startWorkerProcess('abc123:first');
      const { id } = await enqueue(stage);
      release(stage);
      await eventually(async () => (await lines(id)).length === 2);
      first.kill('SIGKILL');
      await killSupervisor(id);
      await startWorkerProcess('abc123:second');
      await eventually(async () => (await work.direct.operations.get(id)).attempt === 2);
      // The attempt begins before the worker looks for the program: what it reads shows that it found it.
      writeFileSync(join(folder, `more-${stage}`), '');
      await eventually(async () => (await lines(id)).includes('line-more'));
      await expectInterruptedAfterTheEnd(id, ['line-more']);
    });

    it('is found also where the first worker did not live to record it', async () => {
      await startWorkerProcess('abc123:first', { DIE_AT_START: 'yes' });
      const { id } = await enqueue(stage);
      release(stage);
      await eventually(() => applied().length === 1);
      await killSupervisor(id);
      await startWorkerProcess('abc123:second');
      await eventually(async () => (await lines(id)).length === 2);
      await expectInterruptedAfterTheEnd(id);
    });

    it('is stopped by a cancellation', async () => {
      await startWorkerProcess('abc123:first');
      const { id } = await enqueue(stage);
      release(stage);
      await eventually(async () => (await lines(id)).length === 2);
      await killSupervisor(id);
      await cancel(id);
      await eventually(() => applied().includes(`${stage} abc123:first interrupted`));
      expect((await finished(id)).state).toMatch(/cancelled|interrupted/);
    });
  },
);

it('a worker stopped for longer than its lease writes nothing and starts nothing', async () => {
  const first = await startWorkerProcess('abc123:first');
  const { id } = await enqueue('apply-terraform');
  await eventually(() => existsSync(join(folder, 'entered')));
  first.kill('SIGSTOP');
  await startWorkerProcess('abc123:second');
  await eventually(async () => (await work.direct.operations.get(id)).attempt === 2);
  const before = await work.direct.operations.eventsAfter(id, 0, 1000);
  // What the first worker waits for is there when it wakes up.
  release('apply-terraform');
  first.kill('SIGCONT');
  await eventually(async () => (await lines(id)).length === 2);
  await sleep(LEASE_SECONDS * 1000);
  finish('apply-terraform');
  expect((await finished(id)).attempt).toBe(2);
  expect(applied()).toEqual([
    'apply-terraform abc123:second began',
    'apply-terraform abc123:second ended',
  ]);
  const after = await work.direct.operations.eventsAfter(id, before.length, 1000);
  expect(after.every(({ attempt }) => attempt === 2)).toBe(true);
});

it('waits for approval without a worker, across a restart, and goes on when approved', async () => {
  for (const stage of ['generate-terraform', 'plan-terraform', 'apply-terraform'] as const) {
    release(stage);
    finish(stage);
  }
  const first = await startWorkerProcess('abc123:first');
  const { id } = await enqueue('create-cluster', 'manual');
  await inState(id, 'awaiting-approval');
  first.kill('SIGKILL');
  await startWorkerProcess('abc123:second');
  await sleep(LEASE_SECONDS * 1000 + 500);
  const waiting = await work.direct.operations.get(id);
  expect(waiting).toMatchObject({ state: 'awaiting-approval', attempt: 1 });
  for (const stage of REPEATED) {
    release(stage);
    finish(stage);
  }
  await work.transaction(async ({ operations }) => {
    await operations.setState(id, 'queued');
    await operations.grantApproval(id);
  });
  expect((await finished(id)).state).toBe('succeeded');
});

it('cancels by a ladder: SIGINT to the group first, SIGKILL only when asked for again', async () => {
  await startWorkerProcess('abc123:first');
  const id = await runningPlaybook();
  await cancel(id);
  await eventually(() => applied().includes('execute-ansible-script abc123:first interrupted'));
  expect((await finished(id)).state).toBe('cancelled');
});

it('ends a cancelled operation only when nothing of its program acts any more', async () => {
  writeFileSync(join(folder, 'untidy'), '');
  await startWorkerProcess('abc123:first');
  const id = await runningPlaybook();
  await cancel(id);
  expect((await finished(id)).state).toBe('cancelled');
  expect(applied()).toContain('execute-ansible-script cleared up');
});

it('kills what does not heed SIGINT only when it is asked for again', async () => {
  writeFileSync(join(folder, 'stubborn'), '');
  await startWorkerProcess('abc123:first');
  const id = await runningPlaybook();
  await cancel(id);
  await eventually(() => applied().includes('execute-ansible-script abc123:first interrupted'));
  await sleep(LEASE_SECONDS * 1000);
  expect((await work.direct.operations.get(id)).state).toBe('cancelling');
  await work.direct.operations.requestCancel(id, 2);
  expect((await finished(id)).state).toBe('cancelled');
  expect(applied()).not.toContain('execute-ansible-script abc123:first ended');
});

it('a cancellation goes on where it was when the worker dies', async () => {
  const first = await startWorkerProcess('abc123:first');
  const id = await runningPlaybook();
  first.kill('SIGKILL');
  await cancel(id);
  await startWorkerProcess('abc123:second');
  await eventually(() => applied().includes('execute-ansible-script abc123:first interrupted'));
  expect((await finished(id)).state).toBe('cancelled');
});

it('a database that goes away for a moment fails no operation', async () => {
  await startWorkerProcess('abc123:first');
  const id = await runningPlaybook();
  // Every connection is cut, as by a restart of the server.
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where pid <> pg_backend_pid() and backend_type = 'client backend'`.execute(opened.database.db);
  finish('execute-ansible-script');
  expect((await finished(id)).state).toBe('succeeded');
  expect(applied()).toHaveLength(2);
  expect(await lines(id)).toEqual(['line-1', 'line-2', 'line-3']);
});
