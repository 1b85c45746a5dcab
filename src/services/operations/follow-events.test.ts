import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { OperationEvent } from '../../core/operation/event.ts';
import type { OperationState } from '../../core/operation/operation-state.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import { createEventStream } from './follow-events.ts';

const FOLLOWERS = 1_100;

/** Operations in memory that count the queries. */
function store() {
  const operations = new Map<string, { state: OperationState; events: OperationEvent[] }>();
  const listeners = new Map<string, Set<() => void>>();
  const queries = { progress: 0, eventsAfter: 0 };
  let ticks: (() => void)[] = [];
  const direct = {
    operations: {
      async progress(ids: readonly string[]) {
        queries.progress += 1;
        await turn();
        return ids.flatMap((id) => {
          const found = operations.get(id);
          return found ? [{ id, state: found.state, last_sequence: found.events.length }] : [];
        });
      },
      async eventsAfter(id: string, sequence: number, limit: number) {
        queries.eventsAfter += 1;
        await turn();
        return operations.get(id)?.events.slice(sequence, sequence + limit) ?? [];
      },
    },
  };
  const stream = createEventStream({
    unitOfWork: { direct } as unknown as UnitOfWork,
    wakeups: {
      async notify(channel) {
        for (const listener of listeners.get(channel) ?? []) listener();
      },
      async subscribe(channel, listener) {
        const set = listeners.get(channel) ?? new Set();
        listeners.set(channel, set.add(listener));
        return async () => void set.delete(listener);
      },
    },
    clock: {
      now: () => new Date(0),
      sleep: () => new Promise((resolve) => ticks.push(resolve)),
    },
  });
  return {
    stream,
    queries,
    listeners,
    add: (id: string) => operations.set(id, { state: 'running', events: [] }),
    append(id: string, count: number, type = 'test', state: OperationState = 'running') {
      const operation = operations.get(id);
      if (!operation) throw new Error(`there is no operation ${id}`);
      operation.state = state;
      for (let index = 0; index < count; index++) {
        const sequence = operation.events.length + 1;
        operation.events.push({ sequence, type } as OperationEvent);
      }
    },
    wake: (id: string) => {
      for (const listener of listeners.get(`events:${id}`) ?? []) listener();
    },
    /** Lets the time of one poll pass. */
    tick() {
      const due = ticks;
      ticks = [];
      for (const resolve of due) resolve();
    },
    async settle() {
      for (let turns = 0; turns < 20; turns++) await turn();
    },
  };
}

function follower(at: ReturnType<typeof store>, id: string, signal: AbortSignal) {
  const seen: number[] = [];
  const end = (async () => {
    for await (const { sequence } of at.stream.follow(id, 0, signal)) seen.push(sequence);
  })();
  return { seen, end };
}

describe('a thousand followers', () => {
  it('of one operation cost a few queries per wake-up, and none between', async () => {
    const at = store();
    at.add('one');
    at.append('one', 5);
    const { signal } = new AbortController();
    const followers = Array.from({ length: FOLLOWERS }, () => follower(at, 'one', signal));
    await at.settle();
    expect(at.queries.progress + at.queries.eventsAfter).toBeLessThan(10);
    at.queries.progress = 0;
    at.queries.eventsAfter = 0;
    at.append('one', 3);
    at.wake('one');
    await at.settle();
    expect(at.queries.progress + at.queries.eventsAfter).toBeLessThan(6);
    expect(followers.every(({ seen }) => seen.length === 8)).toBe(true);
    at.append('one', 1, 'operation.succeeded', 'succeeded');
    at.wake('one');
    await Promise.all(followers.map(({ end }) => end));
    expect(followers.every(({ seen }) => seen.length === 9)).toBe(true);
    expect(at.listeners.get('events:one')?.size).toBe(0);
  });

  it('of as many operations cost one query per poll', async () => {
    const at = store();
    const ids = Array.from({ length: FOLLOWERS }, (_, index) => String(index));
    for (const id of ids) at.add(id);
    const stop = new AbortController();
    const followers = ids.map((id) => follower(at, id, stop.signal));
    await at.settle();
    at.queries.progress = 0;
    at.queries.eventsAfter = 0;
    for (let polls = 0; polls < 3; polls++) {
      at.tick();
      await at.settle();
    }
    expect(at.queries).toEqual({ progress: 3, eventsAfter: 0 });
    stop.abort();
    at.tick();
    await Promise.all(followers.map(({ end }) => end));
  });
});

it('followers that begin apart share the batches of a backlog', async () => {
  const at = store();
  at.add('one');
  at.append('one', 1_000);
  const stop = new AbortController();
  const first = follower(at, 'one', stop.signal);
  for (let turns = 0; turns < 3; turns++) await at.settle();
  at.queries.eventsAfter = 0;
  const second = follower(at, 'one', stop.signal);
  for (let turns = 0; turns < 3; turns++) await at.settle();
  expect([first.seen.length, second.seen.length]).toEqual([1_000, 1_000]);
  expect(at.queries.eventsAfter).toBe(0);
  stop.abort();
  await Promise.all([first.end, second.end]);
});

it('finds what no wake-up announced at the next poll, also for an earlier follower', async () => {
  const at = store();
  at.add('one');
  const stop = new AbortController();
  const early = follower(at, 'one', stop.signal);
  await at.settle();
  at.append('one', 250);
  const late = follower(at, 'one', stop.signal);
  await at.settle();
  expect([early.seen.length, late.seen.length]).toEqual([0, 250]);
  at.tick();
  await at.settle();
  expect(early.seen).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
  stop.abort();
  await Promise.all([early.end, late.end]);
});

it('an operation that does not exist has no events', async () => {
  const at = store();
  const { end } = follower(at, 'none', AbortSignal.timeout(10_000));
  await expect(end).rejects.toMatchObject({ code: 'OPERATION_NOT_FOUND' });
  expect(at.listeners.get('events:none')?.size).toBe(0);
});
