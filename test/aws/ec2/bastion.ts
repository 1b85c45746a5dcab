import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSshKeys } from '../../../src/adapters/ssh/ssh-keys.ts';
import { freePort } from '../../support/postgres-server.ts';
import { waitFor } from '../../support/wait-for.ts';
import { machineImage } from './machine-image.ts';
import { LABEL } from './networks.ts';
import { quietly, shell } from './shell.ts';

const USER = 'root';
const START_SECONDS = 20;

/** A machine beside the VPC that has sshd and nothing else. */
export interface Bastion {
  /** For `aws.bastion` of a spec; the bastion's key is its own. */
  settings: {
    host: string;
    port: number;
    user: string;
    host_key: string;
    private_key_file: string;
  };
  /** `<address>:<port>` of each requested connection. */
  targets(): Promise<string[]>;
  stop(): Promise<void>;
}

/** On loopback, and with this machine's routes into the networks of the emulated VPC. */
export async function startBastion(): Promise<Bastion> {
  const keys = createSshKeys({ env: { PATH: process.env.PATH ?? '' } });
  const [host, caller] = [await keys.generate('bastion'), await keys.generate('caller')];
  const folder = await mkdtemp(join(tmpdir(), 'hathi-bastion-'));
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'host_key'), host.privateKey, { mode: 0o600 });
  await writeFile(join(folder, 'authorized_keys'), `${caller.publicKey}\n`);
  await writeFile(join(folder, 'key'), caller.privateKey, { mode: 0o600 });
  const port = await freePort();
  const options = [
    'ListenAddress=127.0.0.1',
    `Port=${port}`,
    'HostKey=/bastion/host_key',
    'AuthorizedKeysFile=/bastion/authorized_keys',
    'StrictModes=no',
    'PermitRootLogin=prohibit-password',
    'AllowTcpForwarding=yes',
    'LogLevel=DEBUG1',
  ];
  const sshd = `mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -f /dev/null ${options.map((one) => `-o ${one}`).join(' ')}`;
  const container = `${LABEL}-bastion`;
  await quietly('docker', 'rm', '--force', container);
  await shell(
    'docker',
    ...['run', '--detach', '--name', container, '--label', LABEL, '--network', 'host'],
    ...['--volume', `${folder}:/bastion:ro`, '--pull', 'never', await machineImage()],
    ...['sh', '-c', sshd],
  );
  // sshd logs to stderr.
  const log = () => shell('sh', '-c', `docker logs ${container} 2>&1`);
  await waitFor('the bastion', START_SECONDS, async () => (await log()).includes('listening on'));
  return {
    settings: {
      host: '127.0.0.1',
      port,
      user: USER,
      host_key: host.publicKey.split(' ').slice(0, 2).join(' '),
      private_key_file: join(folder, 'key'),
    },
    async targets() {
      const asked = /direct_tcpip: originator .*, target (\S+) port (\d+)/g;
      return [...(await log()).matchAll(asked)].map(([, to, at]) => `${to}:${at}`);
    },
    async stop() {
      await quietly('docker', 'rm', '--force', container);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
