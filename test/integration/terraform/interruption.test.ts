import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OperationEvent } from '../../../src/core/operation/event.ts';
import type { ClusterRecord } from '../../../src/ports/stores.ts';
import {
  eventually,
  openTerraformBench,
  type TerraformBench,
} from '../../support/terraform-bench.ts';
import { enginesHere } from '../../support/terraform-engines.ts';

// Nodes boot, and on a busy machine the first test may have to build their image.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

function isStart(event: OperationEvent): boolean {
  return event.type === 'terraform.resource' && event.data.status === 'started';
}

function isAboutNode(event: OperationEvent): boolean {
  return event.type === 'terraform.resource' && event.data.node !== null;
}

describe.each(enginesHere())('an apply by $name that is cut off', (engine) => {
  let bench: TerraformBench;
  let cluster: ClusterRecord;
  let names = 0;
  beforeAll(async () => {
    bench = await openTerraformBench(engine);
  });
  afterAll(() => bench?.close());
  beforeEach(async () => {
    names += 1;
    cluster = await bench.cluster(`cut-${names}`, 1);
    await bench.outcome(cluster, 'generate-terraform');
    await bench.outcome(cluster, 'plan-terraform');
  });

  /** Starts the apply and waits until a node of it is being made. */
  async function applying(death: AbortSignal) {
    const { id } = await bench.enqueue(cluster, 'apply-terraform');
    const done = bench.work(death);
    const child = await eventually(async () => {
      const events = await bench.events(id);
      const record = await bench.direct.operations.child(id, 0, 'terraform-apply');
      return events.some(isAboutNode) && record;
    });
    return { id, done, pid: child.pid as number };
  }
  const applies = async (id: string) => (await bench.events(id)).filter(isStart).length;

  async function expectInterrupted(id: string) {
    const operation = await bench.direct.operations.get(id);
    expect(operation).toMatchObject({
      state: 'interrupted',
      error: { code: 'OPERATION_INTERRUPTED', details: { plan_id: expect.any(String) } },
    });
    const plan = await bench.direct.plans.latest(cluster.id);
    expect(plan).toMatchObject({ id: operation.error?.details.plan_id, state: 'ready' });
    await expect(
      stat(bench.workspace.path(cluster.name, 'terraform', '.terraform.tfstate.lock.info')),
    ).rejects.toMatchObject({ code: 'ENOENT' });
    return { operation, plan };
  }

  /** The new plan, reviewed, takes over what was left and ends with the whole cluster. */
  async function expectGoesOn() {
    await bench.outcome(cluster, 'apply-terraform');
    const planned = await bench.outcome<{ summary: object }>(cluster, 'plan-terraform');
    expect(planned.summary).toMatchObject({ empty: true });
    const nodes = [1, 2, 3].map((n) => `${cluster.name}-${n}`);
    const observed = await bench.target.observe(cluster, nodes);
    expect(observed.nodes.map(({ state }) => state)).toEqual(['running', 'running', 'running']);
    await bench.outcome(cluster, 'destroy-terraform');
    expect(await bench.resourcesOf(cluster.name)).toEqual([]);
  }

  it('by the death of server and engine is planned anew, and applied by nobody', async () => {
    const death = new AbortController();
    const { id, done, pid } = await applying(death.signal);
    death.abort();
    process.kill(-pid, 'SIGKILL');
    await done;
    expect((await bench.direct.operations.get(id)).state).toBe('running');
    const started = await applies(id);
    await bench.resume();
    const { plan } = await expectInterrupted(id);
    expect(await applies(id)).toBe(started);
    expect(plan?.summary.empty).toBe(false);
    await expectGoesOn();
  });

  it('by the death of the engine alone is planned anew at once', async () => {
    const { id, done, pid } = await applying(new AbortController().signal);
    process.kill(-pid, 'SIGKILL');
    await done;
    await expectInterrupted(id);
    await expectGoesOn();
  });

  it('by the death of the server alone goes on, and its outcome is taken up', async () => {
    const death = new AbortController();
    const { id, done } = await applying(death.signal);
    death.abort();
    await done;
    await bench.resume();
    const operation = await bench.direct.operations.get(id);
    expect(operation).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect(operation.stages[0]?.outcome).toMatchObject({ resources: { added: 4 } });
    const sequences = (await bench.events(id)).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    await bench.outcome(cluster, 'destroy-terraform');
  });

  it('by a cancellation keeps what was made in the state', async () => {
    const { id, done } = await applying(new AbortController().signal);
    await bench.cancel(id);
    await done;
    expect(await bench.direct.operations.get(id)).toMatchObject({ state: 'cancelled' });
    expect((await bench.run(cluster, 'apply-terraform')).error?.code).toBe('PLAN_STALE');
    await bench.outcome(cluster, 'plan-terraform');
    await expectGoesOn();
  });
});

it('a destroy that is cut off is planned anew, and asked for again it ends', async () => {
  const bench = await openTerraformBench(enginesHere()[0] as ReturnType<typeof enginesHere>[0]);
  try {
    const cluster = await bench.cluster('gone', 1);
    for (const step of ['generate-terraform', 'plan-terraform', 'apply-terraform'] as const) {
      await bench.outcome(cluster, step);
    }
    const death = new AbortController();
    const { id } = await bench.enqueue(cluster, 'destroy-terraform', { confirm: 'gone' });
    const done = bench.work(death.signal);
    const child = await eventually(async () => {
      const started = (await bench.events(id)).some(isStart);
      const record = await bench.direct.operations.child(id, 0, 'terraform-apply');
      return started && record;
    });
    death.abort();
    process.kill(-(child.pid as number), 'SIGKILL');
    await done;
    await bench.resume();
    expect(await bench.direct.operations.get(id)).toMatchObject({ state: 'interrupted' });
    // A plan that removes the cluster is for destroy-terraform alone.
    expect((await bench.run(cluster, 'apply-terraform')).error?.code).toBe('PLAN_STALE');
    await bench.outcome(cluster, 'destroy-terraform', { confirm: 'gone' });
    expect(await bench.resourcesOf('gone')).toEqual([]);
  } finally {
    await bench.close();
  }
});
