import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { readable } from '../../src/core/node/node-facts.ts';
import { ClusterHarness } from '../support/cluster-harness.ts';
import { ConditionWatch } from '../support/condition-watch.ts';
import { LONG_FAILURES, SHORT_FAILURES } from '../support/node-failures.ts';
import { waitFor } from '../support/wait-for.ts';

/** Patroni ends the lease after the ttl of 20 s; a lease of the observer may have to end too. */
const FAILOVER_SECONDS = 60;
const RECONNECT_SECONDS = 15;
/** More changes than the limit of a flapping condition. */
const FLAPS = 14;

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

test.each(Object.entries({ ...SHORT_FAILURES, ...LONG_FAILURES }))(
  '%s: the conditions have it and the next command, and hold again after the repair',
  async (what, failure) => {
    watch.measured.push(what);
    await watch.observe(failure);
  },
);

/** The guard has Patroni start it again within two seconds, so no condition changes. */
test('a killed postmaster of the primary is displayed as its new start or as a failover', async () => {
  await watch.untilHealthy();
  const { primary } = await watch.roles();
  const startOf = async () => {
    const { facts } = await watch.observation(primary);
    return (facts && readable(facts.postgres)?.started_at) ?? null;
  };
  const before = await startOf();
  const killed = performance.now();
  await harness.shell(
    primary,
    'kill -KILL $(head -n 1 /var/lib/postgresql/17/main/postmaster.pid)',
  );
  await waitFor('a new start of PostgreSQL', FAILOVER_SECONDS, async () => {
    const now = await startOf();
    return now !== null && now !== before;
  });
  watch.measure('the postmaster is killed, and its new start displayed', killed);
  await watch.untilHealthy();
  const { primary: next } = await watch.roles();
  const [failover] = await watch.failovers();
  if (next !== primary) expect(failover).toMatchObject({ previous_primary: primary });
});

test('a half-open connection is noticed by its keepalives, and replaced', async () => {
  await watch.untilHealthy();
  const { replicas } = await watch.roles();
  const [node] = replicas;
  // Only the packets of the open connection: a new one works.
  const ports = await harness.shell(
    node,
    `ss -Htn state established '( sport = :22 )' | awk '{ n = split($4, part, ":"); print part[n] }'`,
  );
  const rule = (verb: string, port: string) =>
    `iptables -w -${verb} INPUT -p tcp --dport 22 --sport ${port} -j DROP
iptables -w -${verb} OUTPUT -p tcp --sport 22 --dport ${port} -j DROP`;
  const each = async (verb: string) => {
    for (const port of ports.split('\n')) await harness.shell(node, rule(verb, port));
  };
  onTestFinished(() => each('D'));
  const { since } = await watch.observation(node);
  const newest = await watch.newestEvent();
  const broken = performance.now();
  await each('A');
  await waitFor('a new connection', RECONNECT_SECONDS, async () => {
    const now = await watch.observation(node);
    return now.reachable === true && now.since !== since;
  });
  watch.measure('a connection is half open, and a new one in use', broken);
  await watch.untilHealthy();
  // The alarm can be shorter than the time between two evaluations.
  for (const { type, data } of await watch.events(newest)) {
    expect({ type, ...data }).toMatchObject({ type: 'condition.changed', condition: 'reachable' });
    if ('status' in data && data.status === 'false') {
      expect(data.message).toContain(`${node} since`);
      expect(data.message).toContain('(no response to keepalives)');
    }
  }
});

test('a server that is killed during a failover reports the failover after its start', async () => {
  await watch.untilHealthy();
  const { primary } = await watch.roles();
  const known = (await watch.failovers()).length;
  const newest = await watch.newestEvent();
  onTestFinished(async () => {
    await harness.docker('start', harness.container(primary));
  });
  await harness.docker('kill', harness.container(primary));
  await harness.killServer();
  const killed = performance.now();
  await harness.startServer();
  const [failover] = await waitFor('the report of the failover', FAILOVER_SECONDS, async () => {
    const failovers = await watch.failovers();
    return failovers.length > known ? failovers : null;
  });
  watch.measure(`a server killed during a failover reports it (${failover?.trigger})`, killed);
  expect(failover).toMatchObject({ previous_primary: primary });
  const lost = await watch.condition('reachable');
  expect(lost).toMatchObject({ status: 'false', reason: 'NODE_UNREACHABLE' });
  expect(lost.message).toContain(primary);
  await harness.docker('start', harness.container(primary));
  await watch.untilHealthy();
  const types = (await watch.events(newest)).map(({ type }) => type);
  expect(types.filter((type) => type === 'roles.changed')).toHaveLength(1);
});

test('a condition that flaps causes a limited number of events', async () => {
  await watch.untilHealthy();
  const { replicas } = await watch.roles();
  const [node] = replicas;
  const reject = 'INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset';
  const newest = await watch.newestEvent();
  const statuses = async () =>
    (await watch.events(newest)).flatMap((event) =>
      event.type === 'condition.changed' && event.data.condition === 'reachable'
        ? [event.data.status]
        : [],
    );
  onTestFinished(async () => {
    await harness.shell(node, `iptables -w -D ${reject} || true`);
  });
  for (let flap = 0; flap < FLAPS; flap++) {
    await harness.shell(node, `iptables -w -A ${reject}`);
    await waitFor('a lost node', RECONNECT_SECONDS, async () => {
      return (await watch.observation(node)).reachable === false;
    });
    await sleep(1_500);
    await harness.shell(node, `iptables -w -D ${reject}`);
    await waitFor('a connected node', RECONNECT_SECONDS, async () => {
      return (await watch.observation(node)).reachable === true;
    });
    await sleep(1_500);
  }
  const found = await statuses();
  // Changes of the previous tests count too. At the limit, the condition stays false until it is quiet.
  expect(found.length).toBeGreaterThan(FLAPS);
  expect(found.length).toBeLessThanOrEqual(21);
  expect(found.at(-1)).toBe('false');
  const quiet = performance.now();
  await watch.untilHealthy();
  watch.measure('a condition that flapped holds again', quiet);
});
