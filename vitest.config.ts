import { defineConfig } from 'vitest/config';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

export default defineConfig({
  test: {
    // What is skipped or focused by accident must not pass for tested.
    allowOnly: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
          testTimeout: 20 * SECOND_MS,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 3 * MINUTE_MS,
          hookTimeout: 3 * MINUTE_MS,
          // Several embedded databases at once are heavier than the tests themselves.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'aws',
          include: ['test/aws/**/*.test.ts'],
          testTimeout: 15 * MINUTE_MS,
          hookTimeout: 10 * MINUTE_MS,
          // Real nodes for emulated instances: one file at a time.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'clients',
          include: ['test/clients/**/*.test.ts'],
          testTimeout: 10 * MINUTE_MS,
          hookTimeout: 3 * MINUTE_MS,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 10 * MINUTE_MS,
          hookTimeout: 10 * MINUTE_MS,
          // Real nodes: one file at a time, so that a slow one is slow by itself.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          testTimeout: 120 * MINUTE_MS,
          hookTimeout: 10 * MINUTE_MS,
          fileParallelism: false,
        },
      },
    ],
  },
});
