import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterHarness } from '../support/cluster-harness.ts';
import { Drill, RETURN_SECONDS } from '../support/drill.ts';

/** Ten hangs, as often with a Patroni that restarts as with one that does not. */
const HANGS = 10;
/** Duration of the quiet part, in minutes. */
const QUIET_MINUTES = Number(process.env.HATHI_SOAK_MINUTES ?? 10);
const SECONDS_BETWEEN = 20;
/** Longer than a loop, shorter than the failsafe mode is meant for. */
const ETCD_DOWN_SECONDS = 60;
/** Ten busy processes for each core. */
const LOAD =
  'for i in $(seq $((10 * $(nproc)))); do timeout 40 sh -c "while :; do :; done" & done; wait';

let harness: ClusterHarness;

beforeAll(async () => {
  harness = await ClusterHarness.withCluster({ replicaCount: 2, failoverProfile: 'fast' });
});

afterAll(async () => {
  await harness?.close();
});

test(`${HANGS} hangs of Patroni never lead to two primaries, and lose no row`, async () => {
  for (let round = 0; round < HANGS; round++) {
    const drill = await Drill.prepare(harness);
    if (round % 2 === 0) {
      const since = await drill.now();
      await drill.hangPatroni();
      await sleep(SECONDS_BETWEEN * 1_000);
      const { primary } = await harness.untilProven(RETURN_SECONDS);
      expect(await drill.guardLog(since)).toContain('killing Patroni');
      if (primary !== drill.old) await drill.expectNoOverlap((await drill.newPrimary()).row);
      await drill.expectKept(primary ?? '', await drill.writers.accepted(drill.old));
    } else {
      let next = '';
      await drill.withoutRestart(async () => {
        await drill.hangPatroni();
        const { node, row } = await drill.newPrimary();
        next = node;
        await drill.expectNoOverlap(row);
        await drill.expectKept(node, await drill.writers.accepted(drill.old));
      });
      await drill.expectReturned(next);
    }
    await drill.writers.stop();
  }
});

test('a Patroni whose loop alone hangs is not trusted, although its REST API responds', async () => {
  const drill = await Drill.prepare(harness);
  let next = '';
  await drill.withoutRestart(async () => {
    const release = await drill.hangLoop();
    const { node, row } = await drill.newPrimary();
    release();
    next = node;
    await drill.expectNoOverlap(row);
    await drill.expectKept(node, await drill.writers.accepted(drill.old));
  });
  await drill.expectReturned(next);
  await drill.writers.stop();
});

test(`the guard stops nothing in ${QUIET_MINUTES} minutes of restarts, load and a lost etcd`, async () => {
  const drill = await Drill.prepare(harness);
  const since = await drill.now();
  const nodes = [drill.old, ...drill.others];
  const disturbances: (() => Promise<unknown>)[] = [
    () => drill.shell('systemctl kill --kill-whom=main --signal=KILL patroni'),
    () => drill.shell('systemctl reload patroni'),
    () => drill.shell(LOAD),
    async () => {
      await Promise.all(nodes.map((node) => harness.shell(node, 'systemctl stop etcd')));
      await sleep(ETCD_DOWN_SECONDS * 1_000);
      await Promise.all(nodes.map((node) => harness.shell(node, 'systemctl start etcd')));
    },
    () => drill.shell('systemctl kill --signal=KILL hathi-guard'),
  ];
  const end = Date.now() + QUIET_MINUTES * 60_000;
  for (let round = 0; Date.now() < end; round++) {
    await disturbances[round % disturbances.length]?.();
    await sleep(SECONDS_BETWEEN * 1_000);
  }
  expect(await drill.guardLog(since)).not.toContain('stopping PostgreSQL');
  expect((await harness.untilProven(RETURN_SECONDS)).primary).toBe(drill.old);
});
