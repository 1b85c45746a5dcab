import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { anEvent, anOperation } from '../../../test/support/fake-services.ts';
import { frameOf, framesOf } from '../server/event-frames.ts';

const ID = anOperation('plan-terraform').id;
const EVENTS = `/api/v1/operations/${ID}/events`;

let fake: FakeApp;
beforeEach(async () => {
  fake = await fakeApp({}, { heartbeatSeconds: 0.01 });
  fake.operations.add(anOperation('plan-terraform'));
});
afterEach(() => fake.app.close());

/** Parses a stream like an EventSource. @see HTML standard, "Interpreting an event stream" */
function parseStream(text: string): { id: string; data: unknown }[] {
  return text
    .split('\n\n')
    .map((block) => block.split('\n'))
    .map((lines) => ({
      id: lines.find((line) => line.startsWith('id: '))?.slice(4) ?? '',
      data: lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6)),
    }))
    .filter(({ data }) => data.length > 0)
    .map(({ id, data }) => ({ id, data: JSON.parse(data.join('\n')) }));
}

describe('the events of an operation', () => {
  test('are the stored events, then the new ones, until it ends', async () => {
    fake.operations.emit(anEvent(1), anEvent(2));
    const response = fake.app.inject(EVENTS);
    await expect.poll(() => fake.operations.following).toBe(1);
    fake.operations.emit(anEvent(3));
    fake.operations.end(ID, 'succeeded');
    const { headers, body, statusCode } = await response;
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(parseStream(body)).toEqual(
      [1, 2, 3].map((sequence) => ({ id: `${sequence}`, data: anEvent(sequence) })),
    );
  });

  test.each([
    ['Last-Event-ID', EVENTS, { 'last-event-id': '2' }],
    ['after', `${EVENTS}?after=2`, {}],
    ['both, the header first', `${EVENTS}?after=0`, { 'last-event-id': '2' }],
  ])('continue at the position of %s', async (_, url, headers) => {
    fake.operations.emit(anEvent(1), anEvent(2), anEvent(3));
    fake.operations.end(ID, 'succeeded');
    const { body } = await fake.app.inject({ url, headers });
    expect(parseStream(body).map(({ id }) => id)).toEqual(['3']);
  });

  test('are 204 if all were received, so that an EventSource does not reconnect', async () => {
    fake.operations.emit(anEvent(1));
    fake.operations.end(ID, 'succeeded');
    const response = await fake.app.inject({ url: EVENTS, headers: { 'last-event-id': '1' } });
    expect(response.statusCode).toBe(204);
  });

  test.each(['-1', '1.5', 'x', '1e3', '9'.repeat(16)])('refuse Last-Event-ID %s', async (given) => {
    const response = await fake.app.inject({ url: EVENTS, headers: { 'last-event-id': given } });
    expect(response.json()).toMatchObject({ code: 'INVALID_REQUEST', status: 400 });
  });

  test('of an unknown operation are 404', async () => {
    const other = EVENTS.replace(/.\/events$/, '2/events');
    const response = await fake.app.inject(other);
    expect(response.json()).toMatchObject({ code: 'OPERATION_NOT_FOUND', status: 404 });
    const nonsense = await fake.app.inject('/api/v1/operations/none/events');
    expect(nonsense.json().detail).toBe(
      'id must be an id, or at least its first 8 characters, not "none".',
    );
  });

  test('are limited in the number of streams; further clients retry later', async () => {
    const few = await fakeApp({}, { mostStreams: 2 });
    few.operations.add(anOperation('plan-terraform', { id: ID }));
    const followers = [few.app.inject(EVENTS), few.app.inject(EVENTS)];
    await expect.poll(() => few.operations.following).toBe(2);
    const refused = await few.app.inject(EVENTS);
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toMatchObject({ code: 'TOO_MANY_STREAMS', maximum: 2 });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    few.operations.emit(anEvent(1));
    few.operations.end(ID, 'succeeded');
    await Promise.all(followers);
    await expect.poll(async () => (await few.app.inject(`${EVENTS}?after=0`)).statusCode).toBe(200);
    await few.app.close();
  });

  test('keep the stream alive while there are no events', async () => {
    const response = fake.app.inject(EVENTS);
    await expect.poll(() => fake.operations.following).toBe(1);
    setTimeout(() => fake.operations.end(ID, 'succeeded'), 60);
    expect((await response).body).toContain(': heartbeat\n\n');
  });
});

describe('a frame', () => {
  test('contains any event unchanged, with any text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n\ndata: {}\n\n', 'a\r\nid: 9\r\n', '\u2028\u2029', ':', 'retry: 1'),
    );
    const event = fc
      .record({
        sequence: fc.nat(),
        type: text,
        data: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.array(text))),
      })
      .map(({ sequence, ...rest }) => anEvent(sequence, rest));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), (events) => {
        const stream = events.map(frameOf).join('');
        const expected = events.map((given) => ({
          id: `${given.sequence}`,
          data: JSON.parse(JSON.stringify(given)),
        }));
        expect(parseStream(stream)).toEqual(expected);
      }),
    );
  });

  test('is read from its source only after the previous frame was read', async () => {
    let made = 0;
    async function* source() {
      for (;;) {
        made += 1;
        yield anEvent(made);
      }
    }
    const frames = framesOf(source());
    await frames.next();
    expect(made).toBe(0);
    await frames.next();
    expect(made).toBe(1);
    await frames.return(undefined);
  });
});

describe('an operation', () => {
  test('is shown', async () => {
    const response = await fake.app.inject(`/api/v1/operations/${ID}`);
    expect(response.json()).toEqual(anOperation('plan-terraform'));
  });

  test.each([
    [undefined, 1],
    [{}, 1],
    [{ level: 2 }, 2],
  ])('is cancelled by %j at level %d', async (body, level) => {
    const response = await fake.post(`/api/v1/operations/${ID}/cancel`, body);
    expect(response.statusCode).toBe(202);
    expect(response.json()).toMatchObject({ state: 'cancelling', cancel_level: level });
  });

  test.each([0, 3, '1'])('has no level %j', async (level) => {
    const response = await fake.post(`/api/v1/operations/${ID}/cancel`, { level });
    expect(response.json()).toMatchObject({
      code: 'INVALID_REQUEST',
      errors: [{ path: '/level' }],
    });
  });

  test('continues after its approval, if it waits for it', async () => {
    const early = await fake.post(`/api/v1/operations/${ID}/approve`);
    expect(early.json()).toMatchObject({ code: 'TRANSITION_NOT_ALLOWED', status: 409 });
    fake.operations.add(anOperation('apply-terraform', { state: 'awaiting-approval' }));
    const response = await fake.post(`/api/v1/operations/${ID}/approve`);
    expect(response.statusCode).toBe(202);
    expect(response.json().state).toBe('queued');
  });
});
