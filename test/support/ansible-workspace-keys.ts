import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface NamedNode {
  name: string;
  address: string;
}

/**
 * SSH keys, a certificate authority and a certificate for each node, made without Hathi; and under
 * `overlay/<node>` what has to lie on a node's disk before it starts.
 */
export async function makeWorkspaceKeys(
  folder: string,
  cluster: string,
  nodes: readonly NamedNode[],
): Promise<void> {
  const ssh = join(folder, 'ssh');
  const pki = join(folder, 'ansible/pki');
  await mkdir(join(ssh, 'host_keys'), { recursive: true });
  await mkdir(pki, { recursive: true });
  await generate(join(ssh, 'id_ed25519'));
  await openssl(pki, [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', '2', '-subj', `/CN=${cluster} CA`, '-keyout', 'ca.key', '-out', 'ca.crt'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ]);
  for (const node of nodes) {
    await generate(join(ssh, 'host_keys', node.name));
    await makeCertificate(pki, node);
    const etc = join(folder, 'overlay', node.name, 'etc/ssh');
    const home = join(folder, 'overlay', node.name, 'root/.ssh');
    await mkdir(etc, { recursive: true });
    await mkdir(home, { recursive: true, mode: 0o700 });
    await cp(join(ssh, 'host_keys', node.name), join(etc, 'ssh_host_ed25519_key'));
    await cp(join(ssh, 'host_keys', `${node.name}.pub`), join(etc, 'ssh_host_ed25519_key.pub'));
    await cp(join(ssh, 'id_ed25519.pub'), join(home, 'authorized_keys'));
  }
}

async function makeCertificate(pki: string, { name, address }: NamedNode): Promise<void> {
  const names = `DNS:${name},DNS:localhost,IP:${address},IP:127.0.0.1`;
  await openssl(pki, [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', '2', '-subj', `/CN=${name}`, '-CA', 'ca.crt', '-CAkey', 'ca.key'],
    ...['-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
    ...['-addext', 'keyUsage=critical,digitalSignature'],
    ...['-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
    ...['-keyout', `${name}.key`, '-out', `${name}.crt`],
  ]);
}

async function generate(path: string): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path]);
}

async function openssl(folder: string, words: string[]): Promise<void> {
  await run('openssl', words, { cwd: folder });
}
