import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { PlanSummary } from '../../../src/core/plan/plan-summary.ts';
import type { ResourceChange } from '../../../src/core/plan/planned-change.ts';
import type { Refusal } from '../../../src/core/plan/refusal.ts';
import type { ClusterRecord } from '../../../src/ports/stores.ts';
import { openTerraformBench, type TerraformBench } from '../../support/terraform-bench.ts';
import { enginesHere } from '../../support/terraform-engines.ts';

// Nodes boot, and on a busy machine the first test may have to build their image.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let bench: TerraformBench;
beforeAll(async () => {
  bench = await openTerraformBench(enginesHere()[0] as ReturnType<typeof enginesHere>[0]);
});
afterAll(() => bench?.close());

async function bringUp(cluster: ClusterRecord): Promise<PlanSummary> {
  await bench.outcome(cluster, 'generate-terraform');
  const { summary } = await bench.outcome<{ summary: PlanSummary }>(cluster, 'plan-terraform');
  await bench.outcome(cluster, 'apply-terraform');
  return summary;
}

/** Changes the spec and writes the files of it. */
async function changeReplicas(cluster: ClusterRecord, replicaCount: number): Promise<void> {
  const { spec, infrastructure_revision: revision } = await bench.direct.clusters.get(cluster.id);
  await bench.transaction(({ clusters }) =>
    clusters.update(cluster.id, {
      spec: { ...spec, replica_count: replicaCount },
      spec_revision: revision + 1,
      infrastructure_revision: revision + 1,
    }),
  );
  await bench.outcome(cluster, 'generate-terraform');
}

async function resize(cluster: ClusterRecord, replicaCount: number): Promise<PlanSummary> {
  await changeReplicas(cluster, replicaCount);
  return bringUp(cluster);
}

const containers = async () =>
  (
    await bench.docker(
      'ps',
      '--filter',
      `label=hathi.site=${bench.site}`,
      '--format',
      '{{.ID}} {{.Names}}',
    )
  )
    .split('\n')
    .sort();

it('grows and shrinks a cluster, keeping the nodes that stay', async () => {
  const cluster = await bench.cluster('pg', 1);
  await bringUp(cluster);
  const three = await containers();
  await startsAgain(cluster);
  // The witness becomes a full node, which needs a port for PostgreSQL, so it is replaced.
  expect(await resize(cluster, 2)).toMatchObject({ add: 0, replace: 1, destroy: 0 });
  const grown = await containers();
  expect(grown.filter((line) => three.includes(line))).toHaveLength(2);
  expect(grown).toHaveLength(3);
  await changeReplicas(cluster, 0);
  // Nodes that leave are observed, and take part in the removal, until their machines are removed.
  const hosts = await bench.tools.workspace.read('pg', 'ssh/known_hosts');
  expect(
    Buffer.from(hosts ?? [])
      .toString()
      .trim()
      .split('\n'),
  ).toHaveLength(3);
  expect(await bringUp(cluster)).toMatchObject({ add: 0, replace: 0, destroy: 2 });
  const [first] = await containers();
  expect(first).toMatch(/pg-1$/);
  expect(three).toContain(first);
  const { nodes } = await bench.direct.clusters.get(cluster.id);
  expect(nodes?.map(({ name }) => name)).toEqual(['pg-1']);
  await bench.outcome(cluster, 'destroy-terraform');
});

/** Of stopped machines only the one that the plan lists is started. */
async function startsAgain(cluster: ClusterRecord): Promise<void> {
  const container = (n: number) => `hathi-${bench.site}-pg-${n}`;
  const states = async () =>
    (await bench.target.observe(cluster, ['pg-1', 'pg-2', 'pg-3'])).nodes.map(({ state }) => state);
  await bench.docker('stop', '--time', '1', container(3));
  const plan = await bench.outcome<Planned>(cluster, 'plan-terraform');
  expect(plan.summary.empty).toBe(true);
  expect(plan.starts).toEqual([{ node: 'pg-3', observed_at: expect.any(String) }]);
  await bench.docker('stop', '--time', '1', container(2));
  expect(await states()).toEqual(['running', 'stopped', 'stopped']);
  expect(await bench.outcome(cluster, 'apply-terraform')).toMatchObject({ started: ['pg-3'] });
  expect(await states()).toEqual(['running', 'stopped', 'running']);
  await bench.outcome(cluster, 'plan-terraform');
  await bench.outcome(cluster, 'apply-terraform');
  expect(await states()).toEqual(['running', 'running', 'running']);
}

/** As after execute-ansible-script: from here on the nodes may hold data. */
async function withData(cluster: ClusterRecord): Promise<void> {
  const { nodes } = await bench.direct.clusters.get(cluster.id);
  await bench.transaction(async ({ clusters, secrets }) => {
    for (const name of ['ca-certificate', 'postgres-superuser-password']) {
      const place = `secret:${cluster.id}:${name}`;
      const sealed = bench.tools.secretBox.seal(Buffer.from('x'), place);
      await secrets.insertIfAbsent(cluster.id, name, sealed);
    }
    await clusters.update(cluster.id, {
      ansible_generated_revision: 1,
      topology: {
        primary: 'kept-2',
        nodes: (nodes ?? []).map(({ name }) => ({
          name,
          role: name === 'kept-2' ? 'primary' : 'replica',
        })),
        observed_at: new Date().toISOString(),
      },
    });
  });
}

interface Planned {
  summary: PlanSummary;
  refusals: Refusal[];
  starts: { node: string }[];
  changes: ResourceChange[];
}

it('applies no plan that removes the primary, the majority of etcd or data', async () => {
  const cluster = await bench.cluster('kept', 2);
  await bringUp(cluster);
  await withData(cluster);
  const before = await containers();
  const refused = async (...reasons: string[]) => {
    const plan = await bench.outcome<Planned>(cluster, 'plan-terraform');
    expect(plan.refusals.map(({ reason, node }) => `${reason} ${node}`)).toEqual(reasons);
    const { error } = await bench.run(cluster, 'apply-terraform');
    expect(error).toMatchObject({ code: 'PLAN_REFUSED', details: { refusals: plan.refusals } });
    expect(await containers()).toEqual(before);
    return plan;
  };
  await changeReplicas(cluster, 0);
  const { changes } = await refused(
    'removes-primary kept-2',
    'primary-unknown kept-3',
    'removes-etcd-majority null',
  );
  expect(changes.find(({ node }) => node === 'kept-2')).toMatchObject({
    role: 'primary',
    effect: 'loses-data',
  });

  // The files of the workspace are anybody's to edit.
  await changeReplicas(cluster, 2);
  const file = 'terraform/main.tf';
  const main = Buffer.from((await bench.workspace.read('kept', file)) ?? '').toString();
  const address = /10\.\d+\.\d+\.12/.exec(main)?.[0] ?? '';
  await bench.workspace.write('kept', file, main.replace(address, address.replace(/12$/, '99')));
  const edited = await refused('removes-primary kept-2');
  expect(edited.refusals[0]?.attributes).toEqual(['triggers_replace.address']);

  // A machine that is gone is created again, whatever its role was.
  await bench.docker('rm', '-fv', `hathi-${bench.site}-kept-2`);
  await bench.outcome(cluster, 'generate-terraform');
  const repair = await bench.outcome<Planned>(cluster, 'plan-terraform');
  expect(repair).toMatchObject({ summary: { replace: 1 }, refusals: [] });
  await bench.outcome(cluster, 'apply-terraform');
  await bench.outcome(cluster, 'destroy-terraform');
});

it('runs two clusters side by side, each with the image of its PostgreSQL', async () => {
  const clusters = [await bench.cluster('new', 0, '17'), await bench.cluster('old', 0, '15')];
  for (const cluster of clusters) await bringUp(cluster);
  const image = (name: string) =>
    bench.docker('inspect', '-f', '{{.Config.Image}}', `hathi-${bench.site}-${name}-1`);
  expect(await image('new')).toMatch(/^hathi-node:[0-9a-f]+$/);
  expect(await image('old')).toMatch(/^hathi-node:bookworm-[0-9a-f]+$/);
  for (const cluster of clusters) await bench.outcome(cluster, 'destroy-terraform');
  expect(await bench.docker('ps', '-aq', '--filter', `label=hathi.site=${bench.site}`)).toBe('');
});
