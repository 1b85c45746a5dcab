import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ClusterRecord, PlanSummary } from '../../../src/ports/stores.ts';
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

async function resize(cluster: ClusterRecord, replicaCount: number): Promise<PlanSummary> {
  const { spec, infrastructure_revision: revision } = await bench.direct.clusters.get(cluster.id);
  await bench.transaction(({ clusters }) =>
    clusters.update(cluster.id, {
      spec: { ...spec, replica_count: replicaCount },
      spec_revision: revision + 1,
      infrastructure_revision: revision + 1,
    }),
  );
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
  // The witness becomes a full node, which needs a port for PostgreSQL, so it is made anew.
  expect(await resize(cluster, 2)).toMatchObject({ add: 0, replace: 1, destroy: 0 });
  const grown = await containers();
  expect(grown.filter((line) => three.includes(line))).toHaveLength(2);
  expect(grown).toHaveLength(3);
  expect(await resize(cluster, 0)).toMatchObject({ add: 0, replace: 0, destroy: 2 });
  const [first] = await containers();
  expect(first).toMatch(/pg-1$/);
  expect(three).toContain(first);
  const { nodes } = await bench.direct.clusters.get(cluster.id);
  expect(nodes?.map(({ name }) => name)).toEqual(['pg-1']);
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
