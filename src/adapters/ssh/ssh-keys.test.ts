import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createSshKeys } from './ssh-keys.ts';

const directory = mkdtempSync(join(tmpdir(), 'ssh-keys-'));
afterAll(() => rmSync(directory, { recursive: true }));

// Comments of eight consecutive lengths cover every length of the padding.
it.each([0, 1, 2, 3, 4, 5, 6, 7])('makes a key that ssh-keygen reads (%i)', async (length) => {
  const comment = `hathi${'x'.repeat(length)}`;
  const keys = await createSshKeys({ env: process.env as Record<string, string> }).generate(
    comment,
  );
  const path = join(directory, `key-${length}`);
  writeFileSync(path, keys.privateKey, { mode: 0o600 });
  const derived = execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' });
  expect(derived.trim()).toBe(keys.publicKey);
  expect(keys.publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+ hathi/);
});
