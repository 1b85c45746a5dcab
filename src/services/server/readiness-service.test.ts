import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReadinessService, type ReadinessTools } from './readiness-service.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

test('many callers cause one check, and a later one causes the next', async () => {
  let started = 0;
  const found = async () => ({ name: 'terraform', version: '1', path: '/t' });
  const readiness = createReadinessService({
    unitOfWork: { direct: { clusters: { list: async () => ({ entries: [] }) } } },
    terraform: { engine: found },
    ansible: { engine: found },
    target: {
      requirement: 'docker',
      describe: async () => {
        started += 1;
        return 'docker';
      },
    },
  } as unknown as ReadinessTools);
  const first = await Promise.all(Array.from({ length: 50 }, () => readiness.checks()));
  await readiness.checks();
  expect(started).toBe(1);
  expect(first[49]?.map(({ ready }) => ready)).toEqual([true, true, true, true]);
  vi.advanceTimersByTime(1_001);
  await readiness.checks();
  expect(started).toBe(2);
});
