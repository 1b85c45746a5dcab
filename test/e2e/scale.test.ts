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

test('replicas, the last member of etcd and the primary leave and return without a lost row', async () => {
  const lines = await scaleUnderWrites(harness, [1, 0, 2]);
  console.info(`Scaled:\n${lines.join('\n')}`);
});
