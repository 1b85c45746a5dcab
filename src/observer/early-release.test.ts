import { expect, test } from 'vitest';
import { aNode } from '../../test/support/observed-cluster.ts';
import { type EarlyReleaseRequest, releaseEarly, type Survivor } from './early-release.ts';

interface Scene {
  /** Results of `provesDown`, in order; the last one repeats. */
  proofs: boolean[];
  leader?: string;
  paused?: boolean;
  /** Verbs that fail on the nodes. */
  problems?: string[];
  /** Calls of `isNeeded` after which another primary exists. */
  neededCalls?: number;
  members?: number;
  /** Second after which all members are connected. */
  connectedAt?: number;
}

/** Plays a release, and returns what was called on the nodes, in order. */
async function play(scene: Scene) {
  const calls: string[] = [];
  let seconds = 0;
  const clock = {
    now: () => new Date(seconds * 1_000),
    sleep: async () => {
      seconds += 1;
      await Promise.resolve();
    },
  };
  const survivor = (ordinal: number): Survivor => ({
    node: aNode(ordinal),
    etcd: { address: `10.0.0.${ordinal}` },
    session: {
      async call(verb, args) {
        const { revoke = undefined, address = undefined } = args;
        const isRevocation = verb === 'leader_lease' && revoke !== null;
        const name = isRevocation ? 'revoke' : verb;
        calls.push(`${name}${address === undefined ? '' : ` ${address}`}`);
        if (scene.problems?.includes(name)) return { problem: 'refused' };
        return { leader: scene.leader ?? 'a-1', lease: '77', paused: scene.paused ?? false };
      },
      close() {},
    },
  });
  const proofs = [...scene.proofs];
  let needed = scene.neededCalls ?? 1_000;
  const request: EarlyReleaseRequest = {
    cluster: 'a',
    dead: aNode(1),
    majority: 2,
    async provesDown() {
      const proof = proofs.length > 1 ? proofs.shift() : proofs[0];
      calls.push(proof ? 'proof' : 'no proof');
      return proof ?? false;
    },
    survivors: () => {
      const isComplete = seconds >= (scene.connectedAt ?? Number.POSITIVE_INFINITY);
      return [2, 3].slice(0, isComplete ? 2 : (scene.members ?? 2)).map(survivor);
    },
    isNeeded: () => needed-- > 0,
    signal: new AbortController().signal,
  };
  const log = { info: () => {}, warn: () => {} };
  const release = await releaseEarly({ clock, log }, request);
  // The routes are removed in the background.
  for (let turns = 0; turns < 5_000; turns++) await Promise.resolve();
  return { release, calls };
}

test('the lease is revoked after a proof, behind the routes, and after a second proof', async () => {
  const { release, calls } = await play({ proofs: [true] });
  expect(release).toMatchObject({ node: 'a-1' });
  expect(calls.slice(0, 6)).toEqual([
    'proof',
    'isolate 10.0.0.11',
    'isolate 10.0.0.11',
    'leader_lease',
    'proof',
    'revoke',
  ]);
  expect(calls.slice(6)).toEqual(['rejoin 10.0.0.11', 'rejoin 10.0.0.11']);
});

test('the proof is awaited, e.g. while a machine still stops', async () => {
  const { release } = await play({ proofs: [false, false, false, true] });
  expect(release).not.toBeNull();
});

test('a server that has just started waits for its connections', async () => {
  const { release } = await play({ proofs: [true], members: 0, connectedAt: 3 });
  expect(release).not.toBeNull();
});

test.each<[string, Scene]>([
  ['without a proof', { proofs: [false] }],
  ['if the machine runs again behind the routes', { proofs: [true, false] }],
  ['in maintenance mode', { proofs: [true], paused: true }],
  ['if another node leads', { proofs: [true], leader: 'a-2' }],
  ['if the nodes of a majority are not connected', { proofs: [true], members: 1 }],
  ['if a node cannot drop the packets', { proofs: [true], problems: ['isolate'] }],
  ['if the node is connected again', { proofs: [false, true], neededCalls: 1 }],
])('nothing is revoked %s', async (_when, scene) => {
  const { release, calls } = await play(scene);
  expect(release).toBeNull();
  expect(calls).not.toContain('revoke');
});

test('every route is removed, also if a node could not set it', async () => {
  const { calls } = await play({ proofs: [true], problems: ['isolate'] });
  expect(calls.filter((call) => call.startsWith('rejoin'))).toHaveLength(2);
});

test('etcd that does not respond, as it elects a leader, is called again', async () => {
  const { release, calls } = await play({ proofs: [true], problems: ['leader_lease'] });
  expect(release).toBeNull();
  expect(calls.filter((call) => call === 'leader_lease').length).toBeGreaterThan(5);
});
