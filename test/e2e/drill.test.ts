import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ClusterHarness } from '../support/cluster-harness.ts';
import { type AcceptedRow, LocalWriters } from '../support/local-writer.ts';
import { waitFor } from '../support/wait-for.ts';

/** The ttl of 20 s, an election, and room for a slow machine. */
const ELECTION_SECONDS = 60;
const RETURN_SECONDS = 60;
/** Rows that are written before anything is broken. */
const ROWS_BEFORE = 20;

let harness: ClusterHarness;

beforeAll(async () => {
  harness = await ClusterHarness.withCluster({ replicaCount: 2, failoverProfile: 'fast' });
});

afterAll(async () => {
  await harness?.close();
});

interface Drill {
  old: string;
  others: string[];
  writers: LocalWriters;
}

/** Proves the cluster, then writes on every node over its own socket. */
async function prepare(): Promise<Drill> {
  const { primary, nodes } = await harness.untilProven(RETURN_SECONDS);
  const old = primary ?? '';
  const names = nodes.map(({ node }) => node);
  const writers = await LocalWriters.start(harness, old, names);
  onTestFinished(() => writers.stop());
  await waitFor('rows on the primary', 20, async () => {
    return (await writers.accepted(old)).length >= ROWS_BEFORE;
  });
  return { old, others: names.filter((node) => node !== old), writers };
}

/** Waits until one of the others accepts writes. */
async function newPrimary({ others, writers }: Drill): Promise<{ node: string; row: AcceptedRow }> {
  return await waitFor('a new primary that accepts writes', ELECTION_SECONDS, async () => {
    for (const node of others) {
      const [row] = await writers.accepted(node);
      if (row) return { node, row };
    }
    return null;
  });
}

/** The old primary is proven as a replica of the new one. */
async function returnedAsReplica(old: string, primary: string): Promise<void> {
  const report = await harness.untilProven(RETURN_SECONDS);
  expect(report.primary).toBe(primary);
  expect(report.nodes.find(({ node }) => node === old)).toMatchObject({
    role: 'replica',
    status: 'proven',
  });
}

/** What may be lost with asynchronous replication: rows that no replica had received. */
async function expectKept(drill: Drill, primary: string, rows: AcceptedRow[]): Promise<void> {
  const kept = await harness.sql(primary, `select number from drill where node = '${drill.old}'`);
  const numbers = new Set(kept.split('\n').map(Number));
  expect(rows.filter(({ number }) => !numbers.has(number))).toEqual([]);
}

/** The old primary had written its last row before the new one accepted its first. */
async function expectNoOverlap(drill: Drill, first: AcceptedRow): Promise<void> {
  const last = (await drill.writers.accepted(drill.old)).at(-1);
  expect(last).toBeDefined();
  expect(last?.after).toBeLessThan(first.before);
}

test('a primary whose network is unplugged stops writing before another starts', async () => {
  const drill = await prepare();
  const container = harness.container(drill.old);
  const address = (await harness.cluster()).nodes?.find(({ name }) => name === drill.old)?.address;
  const connect = ['network', 'connect', '--ip', address ?? '', harness.network, container];
  let connected = true;
  onTestFinished(async () => {
    if (!connected) await harness.docker(...connect);
  });
  await harness.docker('network', 'disconnect', harness.network, container);
  connected = false;
  const { node, row } = await newPrimary(drill);
  await expectNoOverlap(drill, row);
  await harness.docker(...connect);
  connected = true;
  await returnedAsReplica(drill.old, node);
});

test('a primary whose packets are dropped stops writing before another starts', async () => {
  const drill = await prepare();
  // Everything but loopback, both ways; replies to an open connection, too.
  const rules = ['INPUT ! -i lo -j DROP', 'OUTPUT ! -o lo -j DROP'];
  const apply = (verb: '-A' | '-D'): Promise<string> =>
    harness.shell(drill.old, rules.map((rule) => `iptables -w ${verb} ${rule}`).join('; '));
  let dropping = true;
  onTestFinished(async () => {
    if (dropping) await apply('-D');
  });
  await apply('-A');
  const { node, row } = await newPrimary(drill);
  await expectNoOverlap(drill, row);
  await apply('-D');
  dropping = false;
  await returnedAsReplica(drill.old, node);
});

test('a primary that is killed is replaced, and no row is lost that a replica had', async () => {
  const drill = await prepare();
  const container = harness.container(drill.old);
  const { timeline } = (await harness.verify()).report;
  onTestFinished(async () => {
    await harness.docker('start', container);
  });
  // Rows that every replica has: read there, not assumed from a lag.
  const onReplica = await Promise.all(
    drill.others.map((node) => harness.sql(node, 'select coalesce(max(number), -1) from drill')),
  );
  const received = Math.min(...onReplica.map(Number));
  expect(received).toBeGreaterThanOrEqual(0);
  await harness.docker('kill', container);
  const { node } = await newPrimary(drill);
  const failed = await harness.verify();
  expect(failed.status).not.toBe(200);
  expect(failed.report.primary).toBe(node);
  expect(failed.report.timeline).toBeGreaterThan(timeline ?? 0);
  expect(failed.detail).toContain(drill.old);
  expect((await harness.topology()).primary).toBe(node);
  await harness.docker('start', container);
  await returnedAsReplica(drill.old, node);
  const rows = await drill.writers.accepted(drill.old);
  await expectKept(
    drill,
    node,
    rows.filter(({ number }) => number <= received),
  );
});
