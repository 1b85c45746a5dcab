// Longer than other files: its failures share one cluster, which takes longer to create than to observe.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Condition, ConditionType } from '../../src/core/observation/condition.ts';
import type { Failover } from '../../src/core/observation/failover.ts';
import { ClusterHarness } from '../support/cluster-harness.ts';
import { PrometheusServer } from '../support/prometheus-server.ts';
import { waitFor } from '../support/wait-for.ts';

const CLUSTER = '/api/v1/clusters/default';
/** Three rounds, the round in which a finding settles, and a reserve for a busy machine. */
const NOTICE_SECONDS = 30;
const RETURN_SECONDS = 90;

const DASHBOARD = resolve(import.meta.dirname, '../../monitoring/dashboard.json');

interface Dashboard {
  panels: { targets: { expr: string }[] }[];
}

let harness: ClusterHarness;
const measured: string[] = [];

beforeAll(async () => {
  harness = await ClusterHarness.withCluster({ replicaCount: 2, failoverProfile: 'fast' });
});

afterAll(async () => {
  if (measured.length > 0) console.info(`Noticed after:\n${measured.join('\n')}`);
  await harness?.close();
});

async function condition(type: ConditionType): Promise<Condition> {
  const { conditions } = await harness.cluster();
  const found = conditions.find((one) => one.type === type);
  if (found === undefined) throw new Error(`The condition ${type} was not evaluated yet.`);
  return found;
}

async function untilHealthy(): Promise<void> {
  await waitFor('the status healthy', RETURN_SECONDS, async () => {
    const { status, conditions } = await harness.cluster();
    const failed = conditions.filter((one) => one.status !== 'true');
    if (status !== 'healthy') throw new Error(`${status}: ${JSON.stringify(failed)}`);
    return true;
  });
}

/** Waits until the condition does not hold for that reason. */
async function notice(type: ConditionType, reason: string): Promise<Condition> {
  const began = performance.now();
  const found = await waitFor(`${type} ${reason}`, NOTICE_SECONDS, async () => {
    const one = await condition(type);
    return one.status === 'false' && one.reason === reason ? one : null;
  });
  const seconds = (performance.now() - began) / 1_000;
  measured.push(`  ${type} ${reason}: ${seconds.toFixed(1)} s. ${found.message}`);
  expect(found.remedy).not.toBeNull();
  return found;
}

async function roles(): Promise<{ primary: string; replicas: [string, string] }> {
  const { primary, nodes } = await harness.topology();
  const [one, other] = nodes.filter(({ role }) => role === 'replica');
  if (primary === null || !one || !other) throw new Error('The roles are not known.');
  return { primary, replicas: [one.name, other.name] };
}

interface Failure {
  /** On which node, by its role. */
  on: 'primary' | 'replica';
  breaks: (node: string) => Promise<unknown>;
  repairs: (node: string) => Promise<unknown>;
  expected: [ConditionType, string][];
}

const onShell = (line: string) => (node: string) => harness.shell(node, line);
const onDocker =
  (...words: string[]) =>
  (node: string) =>
    harness.docker(...words, harness.container(node));

const MAIN_PID = 'systemctl show --property=MainPID --value patroni';
const PATRONICTL = 'patronictl -c /etc/patroni/config.yml';

const FAILURES: Record<string, Failure> = {
  'etcd of a node is stopped': {
    on: 'replica',
    breaks: onShell('systemctl stop etcd'),
    repairs: onShell('systemctl start etcd'),
    expected: [['failover-ready', 'ETCD_MEMBER_MISSING']],
  },
  'Patroni is paused': {
    on: 'primary',
    breaks: onShell(`${PATRONICTL} pause --wait`),
    repairs: onShell(`${PATRONICTL} resume --wait`),
    expected: [['failover-ready', 'PATRONI_PAUSED']],
  },
  'Patroni of a replica hangs': {
    on: 'replica',
    breaks: onShell(`kill -STOP $(${MAIN_PID})`),
    repairs: onShell(`kill -CONT $(${MAIN_PID})`),
    expected: [['failover-ready', 'PATRONI_DOWN']],
  },
  'a replica is killed': {
    on: 'replica',
    breaks: onDocker('kill'),
    repairs: onDocker('start'),
    expected: [
      ['reachable', 'NODE_UNREACHABLE'],
      ['replicas-streaming', 'REPLICA_NOT_STREAMING'],
    ],
  },
  'a replica is paused': {
    on: 'replica',
    breaks: onDocker('pause'),
    repairs: onDocker('unpause'),
    expected: [['reachable', 'NODE_UNREACHABLE']],
  },
  'packets of a replica are dropped': {
    on: 'replica',
    // A connection that stays open on both sides.
    breaks: onShell('iptables -w -A INPUT ! -i lo -j DROP'),
    repairs: onShell('iptables -w -D INPUT ! -i lo -j DROP'),
    expected: [['reachable', 'NODE_UNREACHABLE']],
  },
};

describe.each(Object.entries(FAILURES))('%s', (_what, failure) => {
  test('the condition names it and the next command, and holds again after the repair', async () => {
    await untilHealthy();
    const { primary, replicas } = await roles();
    const node = failure.on === 'primary' ? primary : replicas[0];
    let isBroken = true;
    onTestFinished(async () => {
      if (isBroken) await failure.repairs(node);
    });
    await failure.breaks(node);
    for (const [type, reason] of failure.expected) await notice(type, reason);
    await failure.repairs(node);
    isBroken = false;
    await untilHealthy();
  });
});

test('a verification and the condition agree on a lost member of etcd', async () => {
  await untilHealthy();
  const { replicas } = await roles();
  onTestFinished(async () => {
    await harness.shell(replicas[0], 'systemctl start etcd');
  });
  await harness.shell(replicas[0], 'systemctl stop etcd');
  const { message } = await notice('failover-ready', 'ETCD_MEMBER_MISSING');
  const { status, report } = await harness.verify();
  expect(status).toBe(502);
  expect(report.failover).toMatchObject({ status: 'false', message });
  expect(report.nodes.map((node) => node.status)).toEqual(['proven', 'proven', 'proven']);
});

test('a killed primary is replaced before its lease ends, and the report has the times', async () => {
  await untilHealthy();
  const { primary } = await roles();
  onTestFinished(async () => {
    await harness.docker('start', harness.container(primary));
  });
  await harness.docker('kill', harness.container(primary));
  const killed = Date.now();
  const failover = await waitFor('the report of the failover', 40, async () => {
    const { body } = await harness.get<{ failovers: Failover[] }>(`${CLUSTER}/failovers`);
    return body.failovers[0] ?? null;
  });
  measured.push(`  a new primary: ${failover.interruption_seconds} s`);
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
  await untilHealthy();
  for (const node of [failover.primary, primary]) {
    expect(await harness.shell(node, 'ip route')).not.toContain('unreachable');
  }
});

test('a primary that is paused is not taken for dead', async () => {
  await untilHealthy();
  const { primary } = await roles();
  const container = harness.container(primary);
  let isPaused = true;
  onTestFinished(async () => {
    if (isPaused) await harness.docker('unpause', container);
  });
  await harness.docker('pause', container);
  await notice('reachable', 'NODE_UNREACHABLE');
  const { primary: next } = await waitFor('another primary', 60, async () => {
    const topology = await harness.topology();
    return topology.primary !== null && topology.primary !== primary ? topology : null;
  });
  await harness.docker('unpause', container);
  isPaused = false;
  await untilHealthy();
  const { body } = await harness.get<{ failovers: Failover[] }>(`${CLUSTER}/failovers`);
  expect(body.failovers[0]).toMatchObject({
    trigger: 'patroni',
    primary: next,
    proven_down_at: null,
    released_at: null,
  });
});

test('the history has a point of every node, and the metrics every node', async () => {
  await untilHealthy();
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
  await untilHealthy();
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
