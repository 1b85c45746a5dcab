import { localNetwork } from '../core/cluster/local-network.ts';
import { plannedNodes } from '../core/cluster/topology.ts';
import type { StageName } from '../core/operation/operation-kinds.ts';
import type { SshKeyPair } from '../ports/pki.ts';
import type { StageContext } from '../ports/stage.ts';
import type { WorkspaceFile, WrittenFile } from '../ports/workspace.ts';
import { ensureCertifiedKey } from './cluster-secrets.ts';
import { FOLDER, LOCK_FILE, STATE_FILE, type TerraformTools } from './terraform-tools.ts';

const KEY_MODE = 0o600;
/** Carried over when the folder is written anew. */
const KEPT = [STATE_FILE, `${STATE_FILE}.backup`, LOCK_FILE, '.terraform'];
const LOOPBACK = '127.0.0.1';

/**
 * Writes the cluster's `terraform/` and `ssh/`, the image and the keys made first where they are not
 * there yet. The same spec gives the same bytes.
 */
export async function writeConfiguration(
  context: StageContext,
  tools: TerraformTools,
  stage: StageName,
): Promise<WrittenFile[]> {
  const { cluster } = context;
  const network = localNetwork(cluster.network_index);
  const image = await tools.target.prepare(context.children, stage, cluster.spec.postgres_version);
  const nodes = plannedNodes(cluster.spec).map(({ name, ordinal, witness }) => ({
    name,
    address: network.addressOf(ordinal),
    sshPort: network.sshPortOf(ordinal),
    postgresPort: witness ? null : network.postgresPortOf(ordinal),
  }));
  const client = await ensureKeys(context, tools, {
    privateKey: 'ssh-client-key',
    publicKey: 'ssh-client-public-key',
    comment: `hathi-${cluster.name}`,
  });
  const hostKeys = new Map<string, SshKeyPair>();
  for (const { name } of nodes) {
    const keys = await ensureKeys(context, tools, {
      privateKey: `ssh-host-key/${name}`,
      publicKey: `ssh-host-public-key/${name}`,
      comment: name,
    });
    hostKeys.set(name, keys);
  }
  const configuration = await tools.terraform.configuration({
    site: cluster.site,
    cluster: cluster.name,
    image,
    subnet: network.subnet,
    nodes,
    authorizedKey: client.publicKey,
  });
  // Keys first: the module reads them as it makes a node.
  const ssh = await tools.workspace.replace(cluster.name, 'ssh', [
    { path: 'id_ed25519', content: client.privateKey, mode: KEY_MODE },
    { path: 'id_ed25519.pub', content: `${client.publicKey}\n` },
    {
      path: 'known_hosts',
      content: nodes
        .map(({ name, sshPort }) => knownHost(sshPort, hostKeys.get(name) as SshKeyPair))
        .join(''),
    },
    ...[...hostKeys].flatMap(([name, keys]): WorkspaceFile[] => [
      {
        path: `host_keys/${name}/ssh_host_ed25519_key`,
        content: keys.privateKey,
        mode: KEY_MODE,
      },
      { path: `host_keys/${name}/ssh_host_ed25519_key.pub`, content: `${keys.publicKey}\n` },
    ]),
  ]);
  const terraform = await tools.workspace.replace(cluster.name, FOLDER, configuration, KEPT);
  return [...terraform, ...ssh];
}

/** A key and its public half, made and stored together as certificates and their keys are. */
async function ensureKeys(
  context: StageContext,
  { sshKeys, secretBox }: TerraformTools,
  names: { privateKey: string; publicKey: string; comment: string },
): Promise<SshKeyPair> {
  const { certificate, privateKey } = await ensureCertifiedKey(
    context,
    secretBox,
    { certificate: names.publicKey, privateKey: names.privateKey },
    () => true,
    async () => {
      const made = await sshKeys.generate(names.comment);
      return { certificate: made.publicKey, privateKey: made.privateKey };
    },
  );
  return { publicKey: certificate, privateKey };
}

function knownHost(sshPort: number, { publicKey }: SshKeyPair): string {
  const [type, key] = publicKey.split(' ');
  return `[${LOOPBACK}]:${sshPort} ${type} ${key}\n`;
}
