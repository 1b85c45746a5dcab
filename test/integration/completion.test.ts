import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServerProcess } from '../support/server-process.ts';
import { TerminalSession } from '../support/terminal-session.ts';

const REPOSITORY = new URL('../..', import.meta.url).pathname;

let server: ServerProcess;
let environment: Record<string, string>;

beforeAll(async () => {
  server = await ServerProcess.startWithFakeStages();
  await server.post('/api/v1/clusters', { name: 'orders' });
  environment = {
    PATH: `${REPOSITORY}:${process.env.PATH}`,
    HOME: await mkdtemp(join(tmpdir(), 'hathi-shell-')),
    HATHI_URL: server.url,
    TERM: 'xterm',
  };
}, 120_000);
afterAll(async () => {
  await server?.destroy();
  if (environment) await rm(environment.HOME ?? '', { recursive: true, force: true });
});

const BASH = ['bash', '--norc', '--noprofile', '-i'];
const ZSH = ['zsh', '--no-rcs', '-i'];

it.each([
  ['bash', BASH, 'source <(hathi completion bash)'],
  ['zsh', ZSH, 'autoload -Uz compinit && compinit -u -D && source <(hathi completion zsh)'],
])('%s completes verbs and the names of clusters at a tab', async (_shell, command, load) => {
  const session = new TerminalSession(command, environment);
  session.types(`${load} && echo loa''ded\n`);
  await session.sees('loaded');
  session.types('hathi cluster dest\t');
  await session.sees('destroy');
  session.types('\u0015');
  session.types('hathi cluster show or\t--json\n');
  await session.sees('"name": "orders"');
  session.types('exit\n');
  expect(await session.end()).toBe(0);
});

it('fish completes verbs and the names of clusters, each with what it is', async () => {
  const complete = async (line: string) => {
    const words = ['--no-config', '-c', `hathi completion fish | source; complete -C "${line}"`];
    return (await promisify(execFile)('fish', words, { env: environment })).stdout.split('\n');
  };
  expect(await complete('hathi cluster dest')).toContainEqual(
    expect.stringMatching(/^destroy\t\w/),
  );
  expect(await complete('hathi cluster show o')).toContainEqual(
    expect.stringMatching(/^orders\t\w/),
  );
  expect(await complete('hathi cluster create --rep')).toContainEqual(
    expect.stringMatching(/^--replicas\t/),
  );
});
