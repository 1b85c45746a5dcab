/** The checks of Python and shell scripts find a planted violation. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'hathi-scripts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(tool: string, words: string[], name: string, text: string) {
  const file = join(folder, name);
  writeFileSync(file, text);
  const program = join(REPOSITORY, '.tools/check-venv/bin', tool);
  const { status, stdout } = spawnSync(program, [...words, file], { encoding: 'utf8' });
  return { status, stdout };
}

const ruff = (text: string) =>
  check('ruff', ['check', '--config', join(REPOSITORY, 'ruff.toml')], 'a.py', text);
const mypy = (text: string) =>
  check('mypy', ['--config-file', join(REPOSITORY, 'node/mypy.ini')], 'b.py', text);
const shellcheck = (text: string) => check('shellcheck', [], 'c.sh', text);

it('ruff finds an import that is not used', () => {
  expect(ruff('import os\n')).toMatchObject({ status: 1, stdout: expect.stringContaining('F401') });
  expect(ruff('a = 1\n').status).toBe(0);
});

it('mypy finds a value of another type, also in a function without annotations', () => {
  expect(mypy('def run():\n    return len(5)\n')).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('[arg-type]'),
  });
  expect(mypy("def run():\n    return len('5')\n").status).toBe(0);
});

it('shellcheck finds a variable without quotes', () => {
  expect(shellcheck('#!/bin/sh\nrm -r $1\n')).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('SC2086'),
  });
  expect(shellcheck('#!/bin/sh\nrm -r "$1"\n').status).toBe(0);
});
