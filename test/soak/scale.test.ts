import { afterAll, beforeAll, test } from 'vitest';
import { ClusterHarness } from '../support/cluster-harness.ts';
import { scaleUnderWrites } from '../support/scaling.ts';

let harness: ClusterHarness;

beforeAll(async () => {
  harness = await ClusterHarness.withCluster({ replicaCount: 2, failoverProfile: 'fast' });
});

afterAll(async () => {
  await harness?.close();
});

test('replicas are added and removed without a lost row, wherever the primary is', async () => {
  const lines = await scaleUnderWrites(harness, [4, 1, 0, 1, 2, 0, 2]);
  console.info(`Scaled:\n${lines.join('\n')}`);
});
