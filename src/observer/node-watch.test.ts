import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { aNode, facts, SPEC } from '../../test/support/observed-cluster.ts';
import { sessionSettings } from '../core/node/session-settings.ts';
import type { ObservedNode } from '../core/observation/observed-node.ts';
import type { NodeSessionHandlers } from '../ports/node-sessions.ts';
import { NodeWatch } from './node-watch.ts';

const watches: NodeWatch[] = [];
afterEach(() => {
  for (const watch of watches.splice(0)) watch.close();
});

/** A watch on a node whose connections the test plays. */
function watched() {
  const connections: NodeSessionHandlers[] = [];
  const changes: ObservedNode[] = [];
  const sessions = {
    open(_request: unknown, handlers: NodeSessionHandlers) {
      connections.push(handlers);
      return { call: async () => ({}), close: () => {} };
    },
    close() {},
  };
  const clock = {
    now: () => new Date(),
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      await sleep(milliseconds / 10, undefined, signal ? { signal } : {});
    },
  };
  const node = aNode(1);
  const settings = sessionSettings(SPEC, { ...node, ordinal: 1, witness: false, etcd: true }, 5);
  const request = { node, access: { way: 'loopback' as const }, folder: '/nowhere', settings };
  const watch = new NodeWatch({ sessions, clock }, request, null, (one) => changes.push(one));
  watches.push(watch);
  const connection = async (number: number) =>
    await vi.waitFor(() => {
      const found = connections[number - 1];
      if (found === undefined) throw new Error(`no connection ${number} yet`);
      return found;
    });
  return { watch, changes, connection };
}

test('facts make a node reachable', async () => {
  const { watch, connection } = watched();
  expect(watch.observed.reachable).toBeNull();
  (await connection(1)).onFacts(facts(1));
  expect(watch.observed).toMatchObject({ reachable: true, reason: null, facts: { version: 1 } });
});

test('a node stays reachable if a new connection brings facts at once', async () => {
  const { watch, changes, connection } = watched();
  (await connection(1)).onFacts(facts(1));
  (await connection(1)).onEnd('the connection was reset');
  expect(watch.observed.reachable).toBe(true);
  (await connection(2)).onFacts(facts(1));
  expect(changes.map(({ reachable }) => reachable)).toEqual([true, true]);
});

test('a node is lost if the new connection fails, keeps its facts, and returns', async () => {
  const { watch, connection } = watched();
  (await connection(1)).onFacts(facts(1));
  (await connection(1)).onEnd('the connection was reset');
  (await connection(2)).onEnd('the connection was refused');
  await vi.waitFor(() =>
    expect(watch.observed).toMatchObject({
      reachable: false,
      reason: 'the connection was refused',
      facts: { version: 1 },
    }),
  );
  (await connection(3)).onFacts(facts(1));
  expect(watch.observed).toMatchObject({ reachable: true, reason: null });
});

test('a node without responses to keepalives is lost at once', async () => {
  const { watch, connection } = watched();
  (await connection(1)).onFacts(facts(1));
  (await connection(1)).onEnd('no response to keepalives');
  expect(watch.observed.reachable).toBe(false);
});

test('a node whose new connection hangs is lost after two seconds', async () => {
  const { watch, connection } = watched();
  (await connection(1)).onFacts(facts(1));
  (await connection(1)).onEnd('the connection was reset');
  await connection(2);
  await vi.waitFor(() => expect(watch.observed.reachable).toBe(false), { timeout: 4_000 });
});

test('a node that was never reached is lost with the first failure', async () => {
  const { watch, changes, connection } = watched();
  (await connection(1)).onEnd('the connection was refused');
  await vi.waitFor(() => expect(watch.observed.reachable).toBe(false));
  (await connection(2)).onEnd('the connection was refused');
  expect(changes).toHaveLength(1);
});
