import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { AnsibleInput, InventoryNode } from '../../ports/ansible.ts';
import type { WorkspaceFile } from '../../ports/workspace.ts';
import { Unsafe, writeVariables } from './yaml.ts';

const SECRET_MODE = 0o600;
const COPIED_FOLDERS = ['roles', 'callback_plugins'];

/** @param assetsRoot absolute path of the project folder that contains `ansible/` and `node/` */
export async function projectFiles(
  assetsRoot: string,
  input: AnsibleInput,
): Promise<WorkspaceFile[]> {
  const ansibleFolder = join(assetsRoot, 'ansible');
  const copied = await Promise.all([
    ...COPIED_FOLDERS.map((folder) => copy(ansibleFolder, folder)),
    copy(assetsRoot, 'node/hathi_node'),
  ]);
  return [
    { path: 'main.yml', content: await readFile(join(ansibleFolder, 'playbooks', 'main.yml')) },
    { path: 'ansible.cfg', content: await readFile(join(ansibleFolder, 'ansible.cfg')) },
    { path: 'inventory/hosts', content: inventory(input) },
    { path: 'group_vars/all/main.yml', content: variables(input) },
    { path: 'group_vars/all/connection.yml', content: connection(input) },
    { path: 'group_vars/all/secrets.yml', content: secrets(input), mode: SECRET_MODE },
    { path: 'pki/ca.crt', content: input.caCertificate },
    ...input.nodes.flatMap(({ name, certificate }): WorkspaceFile[] => [
      { path: `pki/${name}.crt`, content: certificate.certificate },
      { path: `pki/${name}.key`, content: certificate.privateKey, mode: SECRET_MODE },
    ]),
    ...copied.flat(),
  ];
}

async function copy(root: string, folder: string): Promise<WorkspaceFile[]> {
  const entries = await readdir(join(root, folder), {
    recursive: true,
    withFileTypes: true,
  });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.pyc'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return await Promise.all(
    paths.map(async (path) => ({
      path: relative(root, path).split(sep).join('/'),
      content: await readFile(path),
    })),
  );
}

function inventory({ cluster, nodes, ssh, trial }: AnsibleInput): string {
  const line = (node: InventoryNode) =>
    [
      node.name,
      // The ssh configuration, if there is one, contains the port, user and key under the name of
      // the node.
      ...(ssh === null ? [`ansible_host=${node.ssh_host}`, `ansible_port=${node.ssh_port}`] : []),
      `node_address=${node.address}`,
    ].join(' ');
  const group = (name: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`[${name}]`, ...lines, ''];
  const primary = nodes.find(({ role }) => role === 'primary');
  return [
    `# Nodes of cluster ${cluster}, from Terraform's outputs.`,
    primary
      ? `# ${primary.name} was the primary when this was written; roles move, so no group carries one.`
      : '# No role was observed yet: Patroni elects the primary.',
    '',
    ...group('postgres', nodes.filter(({ witness }) => !witness).map(line)),
    ...group('witness', nodes.filter(({ witness }) => witness).map(line)),
    ...group(
      'etcd',
      nodes.filter(({ etcd }) => etcd).map(({ name }) => name),
    ),
    // The group is written even if it is empty. Ansible warns about a missing group.
    ...(trial ? group('trial:children', ['postgres']) : ['[trial]', '']),
    ...group('cluster:children', [
      'postgres',
      ...(nodes.some(({ witness }) => witness) ? ['witness'] : []),
      'etcd',
    ]),
  ].join('\n');
}

function variables(input: AnsibleInput): string {
  const { failover } = input;
  return writeVariables(`Cluster ${input.cluster}: what its roles work with.`, {
    cluster_name: input.cluster,
    // Written once here. Reading the variables of each host on each host would cost the square of
    // the number of hosts.
    cluster_addresses: Object.fromEntries(input.nodes.map(({ name, address }) => [name, address])),
    cluster_subnets: [...new Set(input.nodes.map(({ subnet }) => subnet))].sort(),
    cluster_allow_list: input.allowList,
    cluster_locales: input.locales,
    postgres_version: input.postgresVersion,
    pki_directory: 'pki',
    patroni_scope: input.cluster,
    patroni_ttl: failover.ttlSeconds,
    patroni_loop_wait: failover.loopWaitSeconds,
    patroni_retry_timeout: failover.retryTimeoutSeconds,
    patroni_primary_start_timeout: failover.primaryStartTimeoutSeconds,
    patroni_dynamic_parameters: new Unsafe(input.dynamicParameters),
    patroni_local_parameters: new Unsafe(input.localParameters),
  });
}

/**
 * The name of a shared connection contains a mark of the cluster. Otherwise a later cluster on the
 * same port could get a connection to a node of an earlier cluster. The mark is short, because the
 * path of a socket is limited to 108 bytes.
 */
function connection({ cluster, clusterId, ssh }: AnsibleInput): string {
  const mark = createHash('sha256').update(clusterId).digest('hex').slice(0, 8);
  return writeVariables(`How the nodes of cluster ${cluster} are reached, beside ansible.cfg.`, {
    ansible_control_path: `%(directory)s/${mark}-%%h-%%p`,
    // The user's own ssh configuration must not affect the connections to the nodes.
    ansible_ssh_common_args: ssh === null ? '-F /dev/null' : `-F "${ssh.config}"`,
    ...(ssh === null ? {} : { ansible_user: ssh.user, ansible_become: true }),
  });
}

function secrets({ cluster, passwords }: AnsibleInput): string {
  return writeVariables(`Passwords of cluster ${cluster}.`, {
    postgres_superuser_password: passwords.superuser,
    postgres_replication_password: passwords.replication,
    postgres_rewind_password: passwords.rewind,
  });
}
