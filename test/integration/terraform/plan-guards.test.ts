import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterRecord } from '../../../src/ports/stores.ts';
import { openTerraformBench, type TerraformBench } from '../../support/terraform-bench.ts';
import { enginesHere } from '../../support/terraform-engines.ts';

// Nodes boot, and on a busy machine the first test may have to build their image.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let bench: TerraformBench;
let cluster: ClusterRecord;
let planId: string;
let names = 0;

beforeAll(async () => {
  bench = await openTerraformBench(enginesHere()[0] as ReturnType<typeof enginesHere>[0]);
});
afterAll(() => bench?.close());

beforeEach(async () => {
  names += 1;
  cluster = await bench.cluster(`guard-${names}`, 0);
  await bench.outcome(cluster, 'generate-terraform');
  planId = (await bench.outcome<{ plan_id: string }>(cluster, 'plan-terraform')).plan_id;
});

/** Whatever the reason, nothing may have been made. */
async function expectRefused(code: string, message: RegExp, input: Record<string, unknown> = {}) {
  const operation = await bench.run(cluster, 'apply-terraform', input);
  expect(operation.error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(await bench.resourcesOf(cluster.name)).toEqual([]);
}

it('refuses a plan whose bytes are not those that were reviewed', async () => {
  const plan = await bench.direct.plans.get(planId);
  const { secretBox } = bench.tools;
  const bytes = Buffer.from(secretBox.open(plan.sealed_file, `plan:${planId}`));
  const copy = { ...plan, id: randomUUID() };
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  const { created_at: _, ...altered } = {
    ...copy,
    sealed_file: secretBox.seal(bytes, `plan:${copy.id}`),
  };
  await bench.transaction(({ plans }) => plans.insert(altered));
  await expectRefused('PLAN_ALTERED', /is not applied/, { plan_id: copy.id });
});

it('refuses a plan of an older spec', async () => {
  await bench.transaction(({ clusters }) =>
    clusters.update(cluster.id, { infrastructure_revision: 2, terraform_generated_revision: 2 }),
  );
  await expectRefused('PLAN_STALE', /spec has changed/);
});

it('refuses a plan whose files were edited since, and takes it when they are as they were', async () => {
  const main = `terraform/main.tf`;
  const text = Buffer.from((await bench.workspace.read(cluster.name, main)) ?? '').toString();
  await bench.workspace.write(cluster.name, main, `${text}\n# edited\n`);
  await expectRefused('PLAN_STALE', /files in .* have changed/);
  await bench.workspace.write(cluster.name, 'terraform/modules/local/scripts/x.sh', 'exit 0');
  await bench.workspace.write(cluster.name, main, text);
  await expectRefused('PLAN_STALE', /files in .* have changed/);
  await bench.outcome(cluster, 'generate-terraform');
  await bench.outcome(cluster, 'apply-terraform');
  await bench.outcome(cluster, 'destroy-terraform');
});

it('refuses a plan when the lock file of providers has changed', async () => {
  await bench.workspace.write(cluster.name, 'terraform/.terraform.lock.hcl', '# another\n');
  await expectRefused('PLAN_STALE', /lock file/);
});

it('refuses a plan made without a state once there is one, which Terraform would not', async () => {
  const state = { version: 4, serial: 1, lineage: randomUUID(), outputs: {}, resources: [] };
  await bench.workspace.write(cluster.name, 'terraform/terraform.tfstate', JSON.stringify(state));
  await expectRefused('PLAN_STALE', /state has changed/);
});

it('refuses every plan but the newest, and one of another cluster', async () => {
  await bench.outcome(cluster, 'plan-terraform');
  await expectRefused('PLAN_STALE', /newer plan/, { plan_id: planId });
  const other = await bench.cluster(`other-${names}`, 0);
  await bench.outcome(other, 'generate-terraform');
  const { plan_id } = await bench.outcome<{ plan_id: string }>(other, 'plan-terraform');
  await expectRefused('PLAN_NOT_FOUND', /has no plan/, { plan_id });
});

it('wants files of the present spec before a plan, and a plan before an apply', async () => {
  const bare = await bench.cluster(`bare-${names}`, 0);
  expect((await bench.run(bare, 'plan-terraform')).error).toMatchObject({
    code: 'STEP_MISSING',
    details: { missing: 'generate-terraform' },
  });
  expect((await bench.run(bare, 'apply-terraform')).error).toMatchObject({
    code: 'STEP_MISSING',
    details: { missing: 'plan-terraform' },
  });
});

it('goes on with no state that is of another lineage than the one it stored', async () => {
  const state = (lineage: string) =>
    JSON.stringify({ version: 4, serial: 1, lineage, outputs: {}, resources: [] });
  const file = 'terraform/terraform.tfstate';
  await bench.workspace.write(cluster.name, file, state('one'));
  await bench.outcome(cluster, 'plan-terraform');
  await bench.workspace.write(cluster.name, file, state('two'));
  expect((await bench.run(cluster, 'plan-terraform')).error?.code).toBe('STATE_UNREADABLE');
});

it('names the step that writes files again which somebody removed', async () => {
  const folder = bench.workspace.path(cluster.name, 'terraform');
  for (const step of ['plan-terraform', 'apply-terraform'] as const) {
    await rm(folder, { recursive: true, force: true });
    expect((await bench.run(cluster, step)).error).toMatchObject({
      code: 'STEP_MISSING',
      details: {
        step,
        missing: 'generate-terraform',
        remedies: [{ action: 'run-step', step: 'generate-terraform', cluster: cluster.name }],
      },
    });
  }
  await bench.outcome(cluster, 'generate-terraform');
  await bench.outcome(cluster, 'plan-terraform');
  await rm(bench.workspace.path(cluster.name), { recursive: true });
  expect(await bench.outcome(cluster, 'destroy-terraform')).toMatchObject({ destroyed: true });
});

describe('a state file that a full disk cut off', () => {
  const FILE = 'terraform/terraform.tfstate';
  const CUT_OFF = '{"version": 4, "ser';
  const state = (serial: number) =>
    JSON.stringify({ version: 4, serial, lineage: 'one', outputs: {}, resources: [] });
  const put = (file: string, text: string) => bench.workspace.write(cluster.name, file, text);
  const serial = async () =>
    JSON.parse(Buffer.from((await bench.workspace.read(cluster.name, FILE)) ?? []).toString())
      .serial;

  it('gives way to the version that is stored', async () => {
    await put(FILE, state(2));
    await bench.outcome(cluster, 'plan-terraform');
    await put(FILE, CUT_OFF);
    await put(`${FILE}.backup`, state(1));
    await bench.outcome(cluster, 'plan-terraform');
    expect(await serial()).toBe(2);
  });

  it('gives way to what Terraform saved beside it, or to its backup', async () => {
    await put(FILE, CUT_OFF);
    await put(`${FILE}.backup`, state(1));
    await bench.outcome(cluster, 'plan-terraform');
    expect(await serial()).toBe(1);
    await put(FILE, CUT_OFF);
    await put('terraform/errored.tfstate', state(3));
    await bench.outcome(cluster, 'plan-terraform');
    expect(await serial()).toBe(3);
  });

  it('keeps the cluster neither from a plan nor from its destruction', async () => {
    await put(FILE, CUT_OFF);
    await bench.outcome(cluster, 'plan-terraform');
    const kept = await bench.workspace.read(cluster.name, `${FILE}.unreadable`);
    expect(Buffer.from(kept ?? []).toString()).toBe(CUT_OFF);
    await put(FILE, CUT_OFF);
    expect(await bench.outcome(cluster, 'destroy-terraform')).toMatchObject({ destroyed: true });
  });
});

it('destroys a cluster of which nothing was made', async () => {
  const outcome = await bench.outcome(cluster, 'destroy-terraform');
  expect(outcome).toMatchObject({ destroyed: true, resources: { destroyed: 0 } });
});
