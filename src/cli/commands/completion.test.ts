import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { commandLine } from '../../../test/support/command-line.ts';

it.each([
  [['cl'], ['cluster']],
  [['cluster', 'dest'], ['destroy']],
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

it('prints a script that bash runs', async () => {
  const { stdout } = await commandLine(['completion', 'bash']);
  const hathi = new URL('../../../hathi', import.meta.url).pathname;
  const typed = `
    hathi() { "${hathi}" "$@"; }
    ${stdout}
    COMP_WORDS=(hathi cluster cre); COMP_CWORD=2; _hathi
    echo "$COMPREPLY"`;
  expect(execFileSync('bash', ['-c', typed], { encoding: 'utf8' })).toBe('create\n');
});
