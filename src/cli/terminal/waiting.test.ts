import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { newStage } from '../render/progress-model.ts';
import { createView } from '../render/progress-view.ts';
import { mannerOf } from './terminal.ts';
import { whileWaiting } from './waiting.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function output() {
  const parts: string[] = [];
  const out = { write: (text: string) => parts.push(text) } as unknown as NodeJS.WriteStream;
  return { parts, out };
}
const what = 'Starting the server';

it('prints a plain line every two seconds without a terminal', async () => {
  const { parts, out } = output();
  const work = Promise.withResolvers<number>();
  const waited = whileWaiting({ out, manner: { live: false }, what, atOnce: true }, work.promise);
  await vi.advanceTimersByTimeAsync(4_000);
  work.resolve(7);
  expect(await waited).toBe(7);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(parts).toEqual([`${what} …\n`, `${what} … (2 s)\n`, `${what} … (4 s)\n`]);
});

it('prints nothing for work that is done within two seconds', async () => {
  const { parts, out } = output();
  const work = new Promise((resolve) => setTimeout(resolve, 1_900));
  const waited = whileWaiting({ out, manner: { live: false }, what }, work);
  await vi.advanceTimersByTimeAsync(1_900);
  await waited;
  expect(parts).toEqual([]);
});

it('draws over its line on a terminal, and also ends after a failure', async () => {
  const { parts, out } = output();
  const work = Promise.withResolvers<never>();
  const waited = whileWaiting({ out, manner: { live: true }, what }, work.promise);
  await vi.advanceTimersByTimeAsync(2_000);
  work.reject(new Error('no'));
  await expect(waited).rejects.toThrow('no');
  expect(parts).toEqual([`\r\u001b[K${what} … (2 s)`, '\r\u001b[K']);
});

it('reports a stage that runs without any event every two seconds', () => {
  const { parts, out } = output();
  const stage = { ...newStage('generate-terraform'), startedAt: Date.now() };
  const view = createView([stage], out, mannerOf({}, {}));
  stage.state = 'running';
  stage.activity = 'node image: building hathi-node:bookworm';
  view.changed(stage, null);
  vi.advanceTimersByTime(4_000);
  stage.state = 'done';
  view.changed(stage, null);
  view.end();
  vi.advanceTimersByTime(10_000);
  expect(parts).toEqual([
    'generate-terraform …\n',
    'generate-terraform … (2 s) node image: building hathi-node:bookworm\n',
    'generate-terraform … (4 s) node image: building hathi-node:bookworm\n',
    'generate-terraform done in 0.0 s\n',
  ]);
});
