import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Operation } from '../../src/core/operation/operation.ts';
import { ClusterHarness } from '../support/cluster-harness.ts';
import { scaleUnderWrites, succeeds } from '../support/scaling.ts';

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

test('a lost machine is created again by one request, and its node replicates', async () => {
  const { nodes } = await harness.topology();
  const lost = nodes.find(({ role }) => role === 'replica')?.name ?? '';
  await harness.docker('rm', '--force', '--volumes', harness.container(lost));
  const path = '/api/v1/clusters/default/actions/repair';
  const { status, body } = await harness.post<Operation>(path, { approval: 'automatic' });
  expect(status, JSON.stringify(body)).toBe(202);
  await succeeds(harness, body);
  const { report } = await harness.verify();
  expect(report.nodes.find(({ node }) => node === lost)).toMatchObject({ status: 'proven' });
});
