import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDifferences } from './check-lock.ts';

/** What the scripts take for granted; all else on PATH is put there by the test. */
const BASE_PROGRAMS =
  'sh env awk sed cut cat tr head tail mkdir rm mv chmod touch dirname basename sleep uname setsid sha256sum git';

let root: string;
let calls: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hathi-setup-'));
  calls = join(root, 'calls');
  mkdirSync(join(root, 'bin'));
  writeFileSync(calls, '');
  cpSync(import.meta.dirname, join(root, 'scripts/setup'), { recursive: true });
  for (const program of BASE_PROGRAMS.split(' ')) {
    const found = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' });
    if (found.status === 0) symlinkSync(found.stdout.trim(), join(root, 'bin', program));
  }
  program('id', 'echo 0');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A program on PATH that notes how it was called. */
function program(name: string, body = ''): void {
  const path = join(root, 'bin', name);
  writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>${calls}\n${body}\n`);
  chmodSync(path, 0o755);
}

function setup(script: string, args: string[] = [], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(join(root, 'scripts/setup', script), args, {
    encoding: 'utf8',
    env: { PATH: join(root, 'bin'), HOME: root, ...env },
    timeout: 15_000,
  });
  const called = execFileSync('cat', [calls], { encoding: 'utf8' });
  return { status, stdout, stderr, called };
}
const QUIET = { status: 0, stdout: '', stderr: '' };

describe('docker.sh', () => {
  it('says nothing when an engine answers', () => {
    program('docker');
    expect(setup('docker.sh')).toMatchObject(QUIET);
  });

  it('starts the engine that is installed, and waits for it', () => {
    program('docker', `test -e ${root}/started`);
    program('dockerd', `touch ${root}/started`);
    program('systemctl', `touch ${root}/started`);
    const { status, stdout } = setup('docker.sh');
    expect(stdout).toMatch(/starting/i);
    expect(status).toBe(0);
    expect(setup('docker.sh')).toMatchObject(QUIET);
  });

  it('names the command where there are no Debian packages', () => {
    const { status, stderr } = setup('docker.sh');
    expect(stderr).toContain('docker.io');
    expect(status).toBe(1);
  });
});

describe('packages.sh', () => {
  it('installs what is missing, once', () => {
    for (const name of ['curl', 'ssh', 'ssh-keygen', 'openssl', 'debootstrap']) program(name);
    program('apt-cache');
    program('apt-get', `ln -sf ../bin/id ${root}/bin/psql`);
    symlinkSync('/bin/ln', join(root, 'bin/ln'));
    const first = setup('packages.sh');
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.called).toMatch(/^apt-get install .*postgresql-client$/m);
    expect(first.stdout.trim().split('\n')).toHaveLength(1);
    expect(setup('packages.sh')).toMatchObject(QUIET);
  });

  it('does not ask for a password, but names the command', () => {
    program('id', 'echo 1000');
    program('sudo', 'exit 1');
    program('apt-get');
    const { status, stderr } = setup('packages.sh');
    expect(stderr).toContain('sudo apt-get install -y curl');
    expect(status).toBe(1);
  });
});

describe('terraform.sh', () => {
  const version = (text: string) => `echo '{ "terraform_version": "${text}" }'`;

  it.each([
    ['terraform', '1.6.0'],
    ['terraform', '1.11.4'],
    ['tofu', '1.8.0'],
    ['tofu', '1.12.6-dev'],
  ])('uses %s %s', (name, text) => {
    program(name, version(text));
    expect(setup('terraform.sh')).toMatchObject(QUIET);
  });

  it('compiles OpenTofu where there is only a Terraform that is too old', () => {
    program('terraform', version('1.5.7'));
    program(
      'go',
      `case $1 in
        env) echo go1.99.0 ;;
        build) while [ "$1" != -o ]; do shift; done
          printf '#!/bin/sh\\n%s\\n' "echo '{ \\"terraform_version\\": \\"1.12.6\\" }'" >"$2"
          chmod +x "$2" ;;
      esac`,
    );
    expect(setup('terraform.sh')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('OpenTofu 1.12.6 is in .tools/bin'),
    });
    expect(setup('terraform.sh')).toMatchObject(QUIET);
    expect(setup('terraform.sh', ['tofu'])).toMatchObject(QUIET);
  });
});

describe('hooks.sh', () => {
  const git = (...args: string[]) =>
    spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim();
  const hooksPath = () => git('config', '--local', '--get', 'core.hooksPath');
  beforeEach(() => {
    git('init', '-q');
  });

  it('installs the commit hook', () => {
    expect(setup('hooks.sh')).toMatchObject({ status: 0, stderr: '' });
    expect(hooksPath()).toBe('.githooks');
    expect(setup('hooks.sh')).toMatchObject(QUIET);
  });

  it('leaves it out in CI and on request', () => {
    setup('hooks.sh', [], { CI: 'true' });
    setup('hooks.sh', [], { HATHI_NO_HOOKS: '1' });
    expect(hooksPath()).toBe('');
  });

  it('keeps a hooks path that is set', () => {
    git('config', 'core.hooksPath', 'mine');
    expect(setup('hooks.sh')).toMatchObject(QUIET);
    expect(hooksPath()).toBe('mine');
  });
});

it('names what differs from the lock file', () => {
  const lock = {
    packages: {
      '': { version: '1.0.0' },
      'node_modules/a': { version: '2.0.0' },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/for-other-platforms': { version: '1.0.0', optional: true },
    },
  };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock));
  mkdirSync(join(root, 'node_modules/a'), { recursive: true });
  writeFileSync(join(root, 'node_modules/a/package.json'), '{ "version": "1.9.0" }');
  expect(lockDifferences(root)).toEqual([
    'node_modules/a is 1.9.0, the lock file says 2.0.0',
    'node_modules/b is missing',
  ]);
});

it('prints every two seconds what takes long, and leaves nothing behind', () => {
  const script = join(root, 'scripts/setup/long.sh');
  writeFileSync(
    script,
    '#!/bin/sh\nset -eu\n. "$(dirname "$0")/lib.sh"\nvalue=$(say inner >&2; echo x)\nsay "installing $value"\nsleep 3\n',
  );
  const { status, stdout } = spawnSync('sh', [script], { encoding: 'utf8', timeout: 15_000 });
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: 'setup: installing x\nsetup: installing x (2 s)\n',
  });
});
