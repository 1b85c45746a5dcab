/** A verb that takes long reports its progress while it runs, by the real action plugin and callback. */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLines } from '../../../src/adapters/ansible/events.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const ANSIBLE = join(REPOSITORY, '.tools/venv/bin/ansible-playbook');

/** A copy that sends a part of its bytes each second. */
const SLOW_COPY = `
import time
from hathi_node.progress import ProgressLines

def run(node):
    lines = ProgressLines()
    for second in range(24):
        lines.report(state='creating replica', copied_bytes=second * 1024)
        time.sleep(1)
    return {'changed': True}
`;
const TASKS = `
- name: Copy slowly
  node_verb: {verb: slow-copy}
  no_log: true
`;
const PLAYBOOK = `
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.import_role: {name: slow}
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hathi-progress-'));
  await cp(join(REPOSITORY, 'node/hathi_node'), join(folder, 'node/hathi_node'), {
    recursive: true,
  });
  for (const part of ['action_plugins', 'callback_plugins']) {
    const from = part === 'action_plugins' ? `roles/common/${part}` : part;
    await cp(join(REPOSITORY, 'ansible', from), join(folder, part), { recursive: true });
  }
  await mkdir(join(folder, 'roles/slow/tasks'), { recursive: true });
  await writeFile(join(folder, 'roles/slow/tasks/main.yml'), TASKS);
  await writeFile(join(folder, 'node/hathi_node/verbs/slow_copy.py'), SLOW_COPY);
  await writeFile(join(folder, 'main.yml'), PLAYBOOK);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('while the task runs, as lines of the callback', async () => {
  const child = spawn(ANSIBLE, ['-i', 'here,', '-c', 'local', 'main.yml'], {
    cwd: folder,
    env: {
      ...{ PATH: process.env.PATH, HOME: folder, LC_ALL: 'C.UTF-8', ANSIBLE_NOCOLOR: '1' },
      ...{ ANSIBLE_STDOUT_CALLBACK: 'hathi_events', ANSIBLE_CALLBACK_PLUGINS: 'callback_plugins' },
      ...{ ANSIBLE_ACTION_PLUGINS: 'action_plugins', ANSIBLE_ROLES_PATH: 'roles' },
      ANSIBLE_LOCALHOST_WARNING: 'False',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: { at: number; text: string }[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((text) => ({ at: Date.now(), text })));
  });
  const [code, endedAt] = await new Promise<[number | null, number]>((done) => {
    child.on('close', (exit) => done([exit, Date.now()]));
  });
  expect(code, lines.map(({ text }) => text).join('\n')).toBe(0);
  const events = lines.flatMap(({ at, text }) =>
    readLines([text], { recap: {}, failures: [] }).map((event) => ({ at, ...event })),
  );
  const progress = events.filter((event) => event.type === 'node.progress');
  expect(progress.length).toBeGreaterThanOrEqual(2);
  expect(progress[0]).toMatchObject({
    data: { node: 'here', verb: 'slow-copy', state: 'creating replica' },
  });
  const copied = progress.map(({ data }) => Number(data.copied_bytes));
  expect(copied).toEqual(copied.toSorted((a, b) => a - b));
  // Seconds before the end of the task, and not together with its result.
  expect(endedAt - Number(progress[0]?.at)).toBeGreaterThan(8_000);
}, 90_000);
