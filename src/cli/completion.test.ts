import { expect, it } from 'vitest';
import { commandLine } from '../../test/support/command-line.ts';

it.each([
  [['cl'], ['cluster']],
  [['cluster', 'de'], ['destroy']],
  [['cluster', 'create', 'orders', '--fail'], ['--failover']],
  [
    ['cluster', 'create', 'orders', '--failover', ''],
    ['fast', 'balanced', 'patient'],
  ],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['operation', 'list', '--state', 'aw'], ['awaiting-approval']],
  [['cluster', 'connect', 'orders', '--', '-'], []],
])('%j is completed by %j', async (words, expected) => {
  const { code, stdout } = await commandLine(['__complete', '--', ...words]);
  expect(code).toBe(0);
  expect(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t')[0]),
  ).toEqual(expected);
});

it('never offers what is hidden', async () => {
  const { stdout } = await commandLine(['__complete', '--', '']);
  expect(stdout).not.toContain('__complete');
});
