import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileWorkspace } from './file-workspace.ts';

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'workspace-'));
});
afterEach(() => rm(data, { recursive: true, force: true }));

describe('replacing a folder', () => {
  it('leaves exactly the new files, with their modes and digests', async () => {
    const workspace = createFileWorkspace(data);
    await workspace.replace('orders', 'ansible', [{ path: 'old.yml', content: 'old' }]);
    const written = await workspace.replace('orders', 'ansible', [
      { path: 'pki/orders-1.key', content: 'key', mode: 0o600 },
      { path: 'main.yml', content: 'new' },
    ]);
    const folder = workspace.path('orders', 'ansible');
    expect(readdirSync(folder).sort()).toEqual(['main.yml', 'pki']);
    expect(statSync(join(folder, 'pki/orders-1.key')).mode & 0o777).toBe(0o600);
    expect(statSync(workspace.path('orders')).mode & 0o777).toBe(0o700);
    expect(readdirSync(workspace.path('orders'))).toEqual(['ansible']);
    expect(written[1]).toEqual({
      path: 'ansible/main.yml',
      bytes: 3,
      sha256: execFileSync('sha256sum', [join(folder, 'main.yml')], { encoding: 'utf8' }).slice(
        0,
        64,
      ),
    });
  });

  it('carries over what is kept, folders and links included, and never over a new file', async () => {
    const workspace = createFileWorkspace(data);
    const folder = workspace.path('orders', 'terraform');
    await workspace.replace('orders', 'terraform', [{ path: 'main.tf', content: 'old' }]);
    mkdirSync(join(folder, '.terraform/providers'), { recursive: true });
    writeFileSync(join(folder, '.terraform/providers/p'), 'binary');
    execFileSync('ln', ['-s', '/nowhere', join(folder, '.terraform/link')]);
    writeFileSync(join(folder, 'terraform.tfstate'), 'state');
    const keep = ['terraform.tfstate', '.terraform', 'main.tf', 'absent'];
    await workspace.replace('orders', 'terraform', [{ path: 'main.tf', content: 'new' }], keep);
    expect(readFileSync(join(folder, 'terraform.tfstate'), 'utf8')).toBe('state');
    expect(readFileSync(join(folder, '.terraform/providers/p'), 'utf8')).toBe('binary');
    expect(readdirSync(join(folder, '.terraform')).sort()).toEqual(['link', 'providers']);
    expect(readFileSync(join(folder, 'main.tf'), 'utf8')).toBe('new');
  });

  it('clears what a crash left, and puts back a folder that was moved away', async () => {
    const workspace = createFileWorkspace(data);
    const root = workspace.path('orders');
    mkdirSync(join(root, '.terraform.new.aaaa'), { recursive: true });
    mkdirSync(join(root, '.terraform.old.bbbb'));
    writeFileSync(join(root, '.terraform.old.bbbb/terraform.tfstate'), 'state');
    await workspace.replace('orders', 'terraform', [], ['terraform.tfstate']);
    expect(readdirSync(root)).toEqual(['terraform']);
    expect(readFileSync(join(root, 'terraform/terraform.tfstate'), 'utf8')).toBe('state');
  });

  it.runIf(process.getuid?.() === 0)('says that the disk is full and keeps the old', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', data]);
    try {
      const workspace = createFileWorkspace(data);
      await workspace.replace('orders', 'ansible', [{ path: 'main.yml', content: 'old' }]);
      const large = { path: 'large', content: 'x'.repeat(100_000) };
      const full = expect.objectContaining({ code: 'DISK_FULL' });
      await expect(workspace.replace('orders', 'ansible', [large])).rejects.toThrow(full);
      await expect(workspace.write('orders', 'large', large.content)).rejects.toThrow(full);
      expect(readdirSync(workspace.path('orders'))).toEqual(['ansible']);
      expect(readFileSync(workspace.path('orders', 'ansible', 'main.yml'), 'utf8')).toBe('old');
    } finally {
      execFileSync('umount', [data]);
    }
  });
});

it('writes and reads single files, and removes a cluster', async () => {
  const workspace = createFileWorkspace(data);
  expect(await workspace.read('orders', 'ssh/known_hosts')).toBeNull();
  await workspace.write('orders', 'ssh/id_ed25519', 'one', 0o600);
  await workspace.write('orders', 'ssh/id_ed25519', 'two', 0o600);
  expect(Buffer.from((await workspace.read('orders', 'ssh/id_ed25519')) ?? []).toString()).toBe(
    'two',
  );
  expect(readdirSync(workspace.path('orders', 'ssh'))).toEqual(['id_ed25519']);
  await workspace.remove('orders');
  await workspace.remove('orders');
  expect(existsSync(workspace.path('orders'))).toBe(false);
});

it.each(['../x', 'a/../../x', '/etc/passwd', '', 'a//b', './a', 'a\\b', 'a\0b'])(
  'refuses the path %j',
  async (path) => {
    const workspace = createFileWorkspace(data);
    const refused = expect.objectContaining({ code: 'WORKSPACE_FAILED' });
    const files = [{ path, content: '' }];
    await expect(workspace.replace('orders', 'ansible', files)).rejects.toThrow(refused);
    await expect(workspace.write('orders', path, '')).rejects.toThrow(refused);
    expect(() => workspace.path('orders', path)).toThrow(refused);
    expect(() => workspace.path('../orders')).toThrow();
    expect(() => workspace.operationFolder('../x')).toThrow(refused);
  },
);
