import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { nodeImage } from '../support/ansible-workspace.ts';

const run = promisify(execFile);
const PACKAGE = new URL('../../node', import.meta.url).pathname;

/** Drives Patroni's own watchdog device, and parses what it wrote with the parser of the guard. */
const PROGRAM = `
import json, os, sys
from patroni.version import __version__
from patroni.watchdog.linux import TestingWatchdogDevice
from hathi_node.guard.keepalives import Keepalives

os.mkfifo('/tmp/watchdog')
fifo = os.open('/tmp/watchdog', os.O_RDWR | os.O_NONBLOCK)
device = TestingWatchdogDevice.from_config({'device': '/tmp/watchdog'})
device.open()
device.set_timeout(25)
device.keepalive()
device.keepalive()
device.set_timeout(15)
device.keepalive()
device.close()
written = os.read(fifo, 4096)
print(json.dumps({'version': __version__, 'written': written.decode(), 'parsed': Keepalives().feed(written)}))
`;

test.each([
  ['trixie', '4.0.'],
  ['bookworm', '3.0.'],
] as const)(
  'the guard reads the keepalives of the Patroni of Debian %s',
  async (flavour, version) => {
    const { stdout } = await run('docker', [
      'run',
      '--rm',
      '--network=none',
      `--volume=${PACKAGE}:/package:ro`,
      '--env=PYTHONPATH=/package',
      '--env=PYTHONDONTWRITEBYTECODE=1',
      '--entrypoint=python3',
      await nodeImage(flavour),
      '-c',
      PROGRAM,
    ]);
    const found = JSON.parse(stdout);
    expect(found.version).toMatch(new RegExp(`^${version.replaceAll('.', '\\.')}`));
    expect(found.written).toBe('Ctimeout=25\n11Ctimeout=15\n1V');
    expect(found.parsed).toEqual([
      ['timeout', 25],
      ['alive', null],
      ['alive', null],
      ['timeout', 15],
      ['alive', null],
      ['closed', null],
    ]);
  },
);
