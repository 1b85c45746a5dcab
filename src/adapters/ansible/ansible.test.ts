import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ChildCommand } from '../../ports/child-runner.ts';
import { createAnsible } from './ansible.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hathi-ansible-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const engine = () =>
  createAnsible({ assetsRoot: folder, env: { PATH: `${folder}:/usr/bin:/bin` } }).engine();
const put = (text: string) =>
  writeFileSync(join(folder, 'ansible-playbook'), text, { mode: 0o755 });

it('shows the own error of a program that exists but fails', async () => {
  put('#!/bin/sh\necho "ERROR: Ansible could not initialize the preferred locale" >&2; exit 1\n');
  await expect(engine()).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: expect.stringMatching(/exit code 1: ERROR: Ansible could not initialize/),
  });
  put('#!/nonexistent/venv/bin/python\n');
  await expect(engine()).rejects.toMatchObject({
    code: 'TOOL_FAILED',
    message: expect.stringContaining('interpreter'),
  });
});

it('reports a program that is missing, and one that is too old', async () => {
  await expect(
    createAnsible({ assetsRoot: folder, env: { PATH: folder } }).engine(),
  ).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  put('#!/bin/sh\necho "ansible-playbook [core 2.18.1]"\n');
  await expect(engine()).rejects.toMatchObject({ code: 'TOOL_TOO_OLD' });
});

it('puts the sockets of ssh into a short folder where the home folder has a long path', async () => {
  put('#!/bin/sh\necho "ansible-playbook [core 2.19.1]"\n');
  const controlFolderWith = async (HOME: string) => {
    let env: Record<string, string> = {};
    const children = {
      run: async (command: ChildCommand) => {
        env = command.env;
        const paths = { stdoutPath: '/dev/null', stderrPath: '/dev/null' };
        return { exitCode: 0, cancelled: false, diskWasFull: false, ...paths };
      },
      find: async () => null,
      forget: async () => {},
    };
    const ansible = createAnsible({ assetsRoot: folder, env: { PATH: `${folder}:/bin`, HOME } });
    await ansible.play(children, folder, { restartOrder: 'replicas-first' });
    return env.ANSIBLE_SSH_CONTROL_PATH_DIR;
  };
  expect(await controlFolderWith('/home/anna')).toBeUndefined();
  for (const home of [`/home/${'a'.repeat(60)}`, '/home/50%']) {
    const made = await controlFolderWith(home);
    expect(made).toMatch(/^\/tmp\/hathi-.{6}$/);
    rmSync(made ?? '', { recursive: true });
  }
});
