import { expect } from 'vitest';
import type { Operation } from '../../src/core/operation/operation.ts';
import type { ClusterHarness } from './cluster-harness.ts';
import { ConnectionWriter } from './connection-writer.ts';
import { waitFor } from './wait-for.ts';

const OPERATION_SECONDS = 180;
const HEALTHY_SECONDS = 90;
const CLUSTER = '/api/v1/clusters/default';

/**
 * Changes the number of replicas step by step, each time with the primary on the node with the highest
 * number, while a client writes through the connection string.
 * @returns for each step the time of the operation and the longest gap between two acknowledged rows
 */
export async function scaleUnderWrites(
  harness: ClusterHarness,
  replicaCounts: readonly number[],
): Promise<string[]> {
  const writer = new ConnectionWriter(await harness.connection(), 0);
  await writer.createTable();
  writer.start();
  const lines: string[] = [];
  try {
    for (const replicaCount of replicaCounts) {
      await primaryOnTheLastNode(harness);
      writer.use(await harness.connection());
      const began = Date.now();
      const count = writer.acknowledged.length;
      const change = { approval: 'automatic', allow: ['delete-data'] };
      const { status, body } = await harness.patch<Operation>(CLUSTER, {
        replica_count: replicaCount,
        ...change,
      });
      expect(status, JSON.stringify(body)).toBe(202);
      await succeeds(harness, body);
      const seconds = ((Date.now() - began) / 1_000).toFixed(1);
      writer.use(await harness.connection());
      // A row after the change: the writer has found the primary again.
      await waitFor('a row after the change', 30, async () => writer.acknowledged.length > count);
      const gap = writer.longestGapSeconds.toFixed(1);
      lines.push(`  to ${replicaCount} replicas: ${seconds} s, longest gap so far ${gap} s`);
    }
  } finally {
    const lost = await writer.stop();
    lines.push(`  ${writer.acknowledged.length} acknowledged rows, ${lost} lost`);
    expect(lost, lines.join('\n')).toBe(0);
  }
  expect((await harness.cluster()).pending_change).toBeNull();
  return lines;
}

async function primaryOnTheLastNode(harness: ClusterHarness): Promise<void> {
  await waitFor('a healthy cluster', HEALTHY_SECONDS, async () => {
    const { status } = await harness.cluster();
    if (status !== 'healthy') throw new Error(status);
    return true;
  });
  const { nodes } = await harness.topology();
  const last = nodes.filter(({ role }) => role !== 'witness').at(-1);
  if (last?.role !== 'replica') return;
  const path = `${CLUSTER}/actions/switchover`;
  const { status, body } = await harness.post<Operation>(path, { to: last.name });
  expect(status, JSON.stringify(body)).toBe(202);
  await succeeds(harness, body);
}

/** Waits for the end of an operation, which must have succeeded. */
export async function succeeds(harness: ClusterHarness, { id }: Operation): Promise<void> {
  const ended = await waitFor(`the operation ${id}`, OPERATION_SECONDS, async () => {
    const { body } = await harness.get<Operation>(`/api/v1/operations/${id}`);
    return body.ended_at === null ? null : body;
  });
  expect(ended.state, JSON.stringify(ended.error)).toBe('succeeded');
}
