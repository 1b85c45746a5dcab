import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ClusterHarness } from '../support/cluster-harness.ts';
import { ConditionWatch, NOTICE_SECONDS } from '../support/condition-watch.ts';
import { SHORT_FAILURES } from '../support/node-failures.ts';
import { PrometheusServer } from '../support/prometheus-server.ts';
import { waitFor } from '../support/wait-for.ts';

const CLUSTER = '/api/v1/clusters/default';
const DASHBOARD = resolve(import.meta.dirname, '../../monitoring/dashboard.json');

interface Dashboard {
  panels: { targets: { expr: string }[] }[];
}

let harness: ClusterHarness;
let watch: ConditionWatch;

beforeAll(async () => {
  harness = await ClusterHarness.withCluster({ replicaCount: 2, failoverProfile: 'fast' });
  watch = new ConditionWatch(harness);
});

afterAll(async () => {
  console.info(`Measured:\n${watch?.measured.join('\n')}`);
  await harness?.close();
});

/** All failures are in test/soak/observe.test.ts. */
test.each(Object.entries(SHORT_FAILURES))(
  '%s: the conditions have it and the next command, and hold again after the repair',
  async (what, failure) => {
    watch.measured.push(what);
    await watch.observe(failure);
  },
);

test('a verification and the condition agree on a lost member of etcd', async () => {
  await watch.untilHealthy();
  const { replicas } = await watch.roles();
  onTestFinished(async () => {
    await harness.shell(replicas[0], 'systemctl start etcd');
  });
  await harness.shell(replicas[0], 'systemctl stop etcd');
  const { message } = await watch.notice('failover-ready', 'ETCD_MEMBER_MISSING');
  const { status, report } = await harness.verify();
  expect(status).toBe(502);
  expect(report.failover).toMatchObject({ status: 'false', message });
  expect(report.nodes.map((node) => node.status)).toEqual(['proven', 'proven', 'proven']);
});

test('a killed primary is replaced before its lease ends, and the report has the times', async () => {
  await watch.untilHealthy();
  const { primary } = await watch.roles();
  onTestFinished(async () => {
    await harness.docker('start', harness.container(primary));
  });
  await harness.docker('kill', harness.container(primary));
  const killed = Date.now();
  const failover = await waitFor('the report of the failover', 40, async () => {
    const [newest] = await watch.failovers();
    return newest ?? null;
  });
  watch.measured.push(`  a new primary: ${failover.interruption_seconds} s`);
  expect(failover).toMatchObject({ trigger: 'machine-down', previous_primary: primary });
  const times = [failover.lost_at, failover.proven_down_at, failover.released_at].map((time) =>
    Date.parse(time ?? ''),
  );
  expect(times).toEqual([...times].sort((one, other) => one - other));
  // The lease of 20 s had at least 10 s left.
  expect(Date.parse(failover.observed_at) - killed).toBeLessThan(10_000);
  expect((await harness.connection()).nodes[0]).toMatchObject({
    name: failover.primary,
    role: 'primary',
  });
  await harness.docker('start', harness.container(primary));
  await watch.untilHealthy();
  for (const node of [failover.primary, primary]) {
    expect(await harness.shell(node, 'ip route')).not.toContain('unreachable');
  }
});

test('a primary that is paused is not taken for dead', async () => {
  await watch.untilHealthy();
  const { primary } = await watch.roles();
  const container = harness.container(primary);
  let isPaused = true;
  onTestFinished(async () => {
    if (isPaused) await harness.docker('unpause', container);
  });
  await harness.docker('pause', container);
  await watch.notice('reachable', 'NODE_UNREACHABLE');
  const { primary: next } = await waitFor('another primary', 60, async () => {
    const topology = await harness.topology();
    return topology.primary !== null && topology.primary !== primary ? topology : null;
  });
  await harness.docker('unpause', container);
  isPaused = false;
  await watch.untilHealthy();
  expect((await watch.failovers())[0]).toMatchObject({
    trigger: 'patroni',
    primary: next,
    proven_down_at: null,
    released_at: null,
  });
});

test('the history has a point of every node, and the metrics every node', async () => {
  await watch.untilHealthy();
  const { body } = await harness.get<{ nodes: { name: string; points: unknown[] }[] }>(
    `${CLUSTER}/series?metric=connections`,
  );
  expect(body.nodes.map(({ name }) => name)).toEqual(['default-1', 'default-2', 'default-3']);
  for (const { points } of body.nodes) expect(points.length).toBeGreaterThan(3);
  const lines = [
    ...['default-1', 'default-2', 'default-3'].map(
      (node) => `hathi_node_up{cluster="default",node="${node}"} 1`,
    ),
    'hathi_cluster_condition{cluster="default",condition="verified",status="true"} 1',
  ];
  // The observer reads a new report within some seconds.
  await waitFor('the metrics', NOTICE_SECONDS, async () => {
    const metrics = await (await fetch(`${harness.url}/metrics`)).text();
    for (const line of lines) expect(metrics).toContain(line);
    return true;
  });
});

test('every query of the dashboard has a result in a Prometheus that scraped the server', async () => {
  await watch.untilHealthy();
  const prometheus = await PrometheusServer.start(new URL(harness.url).host);
  onTestFinished(() => prometheus.stop());
  const { panels } = JSON.parse(await readFile(DASHBOARD, 'utf8')) as Dashboard;
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  expect(queries.length).toBeGreaterThan(10);
  for (const query of queries) {
    await waitFor(query, 20, async () => {
      return (await prometheus.count(query.replaceAll('$cluster', 'default'))) > 0;
    });
  }
});
