import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SqlUnitOfWork } from '../../../src/adapters/database/sql-unit-of-work.ts';
import { createPrometheusMetrics } from '../../../src/adapters/metrics/prometheus.ts';
import { processes } from '../../../src/adapters/process/processes.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { createFileWorkspace } from '../../../src/adapters/workspace/file-workspace.ts';
import type { OperationRecord } from '../../../src/core/operation/operation.ts';
import type { OperationAccess, PlannedStage } from '../../../src/core/procedures/procedure.ts';
import { startWorker, type Worker } from '../../../src/engine/worker.ts';
import type { StageContext } from '../../../src/ports/stage.ts';
import type { ClusterRecord, NewOperation } from '../../../src/ports/stores.ts';
import { newCluster } from '../../support/clusters.ts';
import { openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { plannedTestStage, testStage } from '../../support/test-stages.ts';
import { firstAnswer } from '../../support/wait-for.ts';

const WAIT_SECONDS = 20;

let opened: TestDatabase;
let work: SqlUnitOfWork;
let folder: string;
let worker: Worker;
/** Runs of the stage `note`, with the time of each. */
const noted: { operation: string; node: string | null; at: number }[] = [];
/** Lets the stage `hold` end. */
let letGo = () => {};

const STAGES: Record<string, (context: StageContext) => Promise<void>> = {
  async note({ operation, node }) {
    noted.push({ operation: operation.id, node, at: Date.now() });
  },
  hold: async () =>
    await new Promise<void>((resolve) => {
      letGo = resolve;
    }),
  async replan({ operation, replaceRemaining }) {
    await replaceRemaining(operation.input.stages as PlannedStage[]);
  },
};

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  work = new SqlUnitOfWork(opened.database.db);
  folder = await mkdtemp(join(tmpdir(), 'hathi-waiting-'));
  const stages = Object.entries(STAGES).map(([name, body]) =>
    testStage({
      name,
      afterCrash: 'run-again',
      async run(context) {
        await body(context);
        return { node: context.node };
      },
    }),
  );
  worker = await startWorker(
    {
      unitOfWork: work,
      wakeups: opened.database.wakeups,
      clock: systemClock,
      leases: opened.database.leases,
      leaseSeconds: 10,
      stages,
      processes,
      workspace: createFileWorkspace(folder),
      log: { info() {}, warn() {}, error: console.error },
      metrics: createPrometheusMetrics('test'),
    },
    { identity: { id: 'abc123:one', site: 'abc123' }, concurrency: 4 },
  );
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  await opened?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function enqueue(
  cluster: ClusterRecord,
  stages: readonly PlannedStage[],
  more: Partial<NewOperation> & { access?: OperationAccess } = {},
): Promise<string> {
  const { id } = await work.direct.operations.insert({
    id: randomUUID(),
    cluster_id: cluster.id,
    site: null,
    kind: 'create-cluster',
    access: 'change',
    stages,
    input: {},
    approval: 'automatic',
    idempotency_key: null,
    ...more,
  });
  await opened.database.wakeups.notify('operations');
  return id;
}
const aCluster = () => work.direct.clusters.insert(newCluster());
const inState = (id: string, state: OperationRecord['state']) =>
  firstAnswer(async () => {
    const operation = await work.direct.operations.get(id);
    return operation.state === state && operation;
  }, WAIT_SECONDS);
const notes = (id: string) => noted.filter(({ operation }) => operation === id);

it('starts neither an operation nor a later stage before its time', async () => {
  const soon = Date.now() + 1_500;
  const later = soon + 1_500;
  const at = (time: number) => ({ run_after: new Date(time).toISOString() });
  const id = await enqueue(await aCluster(), [
    plannedTestStage('note', { node: 'first', ...at(soon) }),
    plannedTestStage('note', { node: 'second', ...at(later) }),
  ]);
  expect((await work.direct.operations.get(id)).run_after).toBe(new Date(soon).toISOString());
  await firstAnswer(() => notes(id).length === 1, WAIT_SECONDS);
  const waiting = await inState(id, 'queued');
  expect(waiting.run_after).toBe(new Date(later).toISOString());
  await inState(id, 'succeeded');
  const times = notes(id).map(({ at: time }) => time);
  expect(times[0]).toBeGreaterThanOrEqual(soon);
  expect(times[1]).toBeGreaterThanOrEqual(later);
  const types = (await work.direct.operations.eventsAfter(id, 0, 100)).map(({ type }) => type);
  expect(types).toContain('operation.scheduled');
});

it('can be cancelled while it waits for a time', async () => {
  const hour = new Date(Date.now() + 3_600_000).toISOString();
  const id = await enqueue(await aCluster(), [plannedTestStage('note', { run_after: hour })]);
  await work.transaction(({ operations }) => operations.setState(id, 'cancelled'));
  expect(notes(id)).toEqual([]);
});

it('lets a stage replace the stages after it, before approval only', async () => {
  const planned = [
    plannedTestStage('note', { node: 'a' }),
    plannedTestStage('note', { node: 'b', needs_approval: true }),
    plannedTestStage('note', { node: 'c' }),
  ];
  const id = await enqueue(
    await aCluster(),
    [plannedTestStage('replan'), plannedTestStage('note', { node: 'dropped' })],
    {
      approval: 'manual',
      input: { stages: planned },
    },
  );
  const waiting = await inState(id, 'awaiting-approval');
  expect(waiting.stages.map(({ name, position, state }) => [name, position, state])).toEqual([
    ['replan', 0, 'succeeded'],
    ['note', 1, 'succeeded'],
    ['note', 2, 'pending'],
    ['note', 3, 'pending'],
  ]);
  await work.transaction(async ({ operations }) => {
    await operations.grantApproval(id);
    await operations.setState(id, 'queued');
  });
  await inState(id, 'succeeded');
  expect(notes(id).map(({ node }) => node)).toEqual(['a', 'b', 'c']);

  const late = await enqueue(
    await aCluster(),
    [plannedTestStage('note', { needs_approval: true }), plannedTestStage('replan')],
    { input: { stages: planned } },
  );
  expect((await inState(late, 'failed')).error).toMatchObject({ code: 'TRANSITION_NOT_ALLOWED' });
});

it('runs reads beside a change: one change, one copy and one read of each kind at a time', async () => {
  const cluster = await aCluster();
  const change = await enqueue(cluster, [plannedTestStage('hold')]);
  await inState(change, 'running');
  const read = await enqueue(cluster, [plannedTestStage('note')], { access: 'read' });
  await inState(read, 'succeeded');
  const hour = new Date(Date.now() + 3_600_000).toISOString();
  const copies = [plannedTestStage('note', { run_after: hour })];
  const copy = await enqueue(cluster, copies, { access: 'copy' });
  await expect(enqueue(cluster, copies, { access: 'copy' })).rejects.toMatchObject({
    code: 'CLUSTER_BUSY',
    details: { operation: copy },
  });
  const later = await enqueue(cluster, copies, { access: 'read' });
  await expect(enqueue(cluster, copies, { access: 'read' })).rejects.toMatchObject({
    code: 'CLUSTER_BUSY',
    details: { operation: later },
  });
  await enqueue(cluster, copies, { access: 'read', kind: 'verify-replication' });
  await expect(enqueue(cluster, [plannedTestStage('note')])).rejects.toMatchObject({
    code: 'CLUSTER_BUSY',
    details: { operation: change },
  });
  await expect(work.direct.operations.assertIdle(cluster.id)).rejects.toMatchObject({
    details: { operation: change },
  });
  letGo();
  await inState(change, 'succeeded');
});

it('fails an operation with a stage that this version does not have', async () => {
  const id = await enqueue(await aCluster(), [plannedTestStage('of-a-later-version')]);
  const { error } = await inState(id, 'failed');
  expect(error).toMatchObject({
    code: 'OPERATION_FAILED',
    details: { stage: 'of-a-later-version' },
  });
});
