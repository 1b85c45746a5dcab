import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
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
