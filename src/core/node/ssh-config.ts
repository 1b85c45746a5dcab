import type { ClusterNode } from '../cluster/topology.ts';
import { bastionOf, type NodeAccess } from './node-access.ts';

/** File in the folder `ssh` of a cluster whose nodes are not reached by loopback. */
export const SSH_CONFIG = 'config';

/**
 * Name of the bastion in `known_hosts`. No node can have it, because node names end in a number.
 */
export const BASTION = 'bastion';

export interface SshConfigInput {
  cluster: string;
  nodes: readonly ClusterNode[];
  access: Extract<NodeAccess, { way: 'ssh' }>;
  /** The folder `ssh` of the workspace; absolute. */
  folder: string;
}

/**
 * Configuration for `ssh -F`: the nodes by their names, with only the host keys that they received.
 * Paths are absolute, because ssh resolves relative paths from its working directory.
 */
export function sshConfig({ cluster, nodes, access, folder }: SshConfigInput): string {
  const { user, jump } = access;
  const bastion = bastionOf(access);
  const names = nodes.map(({ name }) => name).join(' ');
  const key = quoted(`${folder}/id_ed25519`);
  const hosts = quoted(`${folder}/known_hosts`);
  const proxy =
    jump?.kind === 'command'
      ? [`  ProxyCommand ${jump.command}`]
      : bastion
        ? [`  ProxyCommand ssh -F ${quoted(`${folder}/${SSH_CONFIG}`)} -W [%h]:%p ${BASTION}`]
        : [];
  return [
    `# How the nodes of cluster ${cluster} are reached: ssh -F ${folder}/${SSH_CONFIG} ${nodes[0]?.name ?? ''}`,
    ...nodes.flatMap(({ name, ssh_host, ssh_port }) => [
      `Host ${name}`,
      `  HostName ${ssh_host}`,
      `  Port ${ssh_port}`,
      `  HostKeyAlias ${name}`,
    ]),
    ...(bastion
      ? [
          `Host ${BASTION}`,
          `  HostName ${bastion.host}`,
          `  Port ${bastion.port}`,
          `  HostKeyAlias ${BASTION}`,
          `  User ${bastion.user}`,
          ...(bastion.privateKeyFile ? [`  IdentityFile ${quoted(bastion.privateKeyFile)}`] : []),
        ]
      : []),
    `Host ${names}`,
    `  User ${user}`,
    ...proxy,
    'Host *',
    `  IdentityFile ${key}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${hosts}`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  PreferredAuthentications publickey',
    '  BatchMode yes',
    '  ServerAliveInterval 15',
    '',
  ].join('\n');
}

/** Quotes a value of OpenSSH's configuration; a percent sign would begin a token. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
