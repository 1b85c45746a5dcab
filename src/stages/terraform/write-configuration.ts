import { plannedNodes } from '../../core/cluster/topology.ts';
import { bastionOf } from '../../core/node/node-access.ts';
import { BASTION, SSH_CONFIG } from '../../core/node/ssh-config.ts';
import type { SshKeyPair } from '../../ports/pki.ts';
import type { StageContext } from '../../ports/stage.ts';
import type { WorkspaceFile, WrittenFile } from '../../ports/workspace.ts';
import { targetOf } from '../../shared/targets.ts';
import { ensureKeys, keyPairOf } from './key-pair.ts';
import {
  ERRORED_STATE_FILE,
  FOLDER,
  LOCK_FILE,
  STATE_FILE,
  type TerraformTools,
  UNREADABLE_STATE_FILE,
} from './terraform-tools.ts';

const KEY_MODE = 0o600;
/** Files that are kept when the folder is replaced. */
const KEPT = [
  STATE_FILE,
  `${STATE_FILE}.backup`,
  ERRORED_STATE_FILE,
  UNREADABLE_STATE_FILE,
  LOCK_FILE,
  '.terraform',
];

/**
 * Writes the cluster's `terraform/` and `ssh/`. Creates missing images and keys first. The same
 * spec returns the same bytes.
 */
export async function writeConfiguration(
  context: StageContext,
  tools: TerraformTools,
): Promise<WrittenFile[]> {
  const { cluster } = context;
  const { spec } = cluster;
  const target = targetOf(cluster, tools);
  const image = await target.prepare(context.children, spec.postgres_version);
  const client = await keyPairOf(context, tools);
  const planned = plannedNodes(spec).map(({ name }) => name);
  // A node that leaves the cluster is reached until its machine is removed.
  const leaving = (cluster.nodes ?? [])
    .map(({ name }) => name)
    .filter((one) => !planned.includes(one));
  const hostKeys = new Map<string, SshKeyPair>();
  for (const name of [...planned, ...leaving]) {
    const { certificate, privateKey } = await ensureKeys(context, tools, {
      privateKey: `ssh-host-key/${name}`,
      publicKey: `ssh-host-public-key/${name}`,
      comment: name,
    });
    hostKeys.set(name, { publicKey: certificate, privateKey });
  }
  const files = await tools.terraform.configuration({
    cluster: cluster.name,
    target: target.name,
    main: target.configuration(cluster, {
      image,
      publicKey: client.publicKey,
      isGiven: client.isGiven,
    }),
  });
  const bastion = bastionOf(target.access(spec));
  // Keys first, because the module reads them when it creates a node.
  const ssh = await tools.workspace.replace(
    cluster.name,
    'ssh',
    [
      { path: 'id_ed25519', content: client.privateKey, mode: KEY_MODE },
      { path: 'id_ed25519.pub', content: `${client.publicKey}\n` },
      {
        path: 'known_hosts',
        content: [
          ...[...hostKeys].map(([name, keys]) =>
            knownHost(target.hostKeyName(cluster, name), keys.publicKey),
          ),
          ...(bastion ? [knownHost(BASTION, bastion.hostKey)] : []),
        ].join(''),
      },
      ...[...hostKeys].flatMap(([name, keys]): WorkspaceFile[] => [
        {
          path: `host_keys/${name}/ssh_host_ed25519_key`,
          content: keys.privateKey,
          mode: KEY_MODE,
        },
        { path: `host_keys/${name}/ssh_host_ed25519_key.pub`, content: `${keys.publicKey}\n` },
      ]),
    ],
    [SSH_CONFIG],
  );
  const terraform = await tools.workspace.replace(cluster.name, FOLDER, files, KEPT);
  return [...terraform, ...ssh];
}

function knownHost(host: string, publicKey: string): string {
  const [type, key] = publicKey.split(' ');
  return `${host} ${type} ${key}\n`;
}
