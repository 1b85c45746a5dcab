import type { AwsSettings } from '../core/aws/aws-settings.ts';
import { BASTION, SSH_CONFIG } from '../core/aws/ssh-config.ts';
import { localNetwork } from '../core/cluster/local-network.ts';
import { plannedNodes } from '../core/cluster/topology.ts';
import type { SshKeyPair } from '../ports/pki.ts';
import type { StageContext } from '../ports/stage.ts';
import type { ClusterRecord } from '../ports/stores.ts';
import type { AwsConfiguration, LocalConfiguration } from '../ports/terraform.ts';
import type { WorkspaceFile, WrittenFile } from '../ports/workspace.ts';
import { type ClientKey, ensureKeys, keyPairOf } from './key-pair.ts';
import {
  ERRORED_STATE_FILE,
  FOLDER,
  LOCK_FILE,
  STATE_FILE,
  type TerraformTools,
  targetOf,
  UNREADABLE_STATE_FILE,
} from './terraform-tools.ts';

const KEY_MODE = 0o600;
/** Carried over when the folder is written anew. */
const KEPT = [
  STATE_FILE,
  `${STATE_FILE}.backup`,
  ERRORED_STATE_FILE,
  UNREADABLE_STATE_FILE,
  LOCK_FILE,
  '.terraform',
];
const LOOPBACK = '127.0.0.1';

/**
 * Writes the cluster's `terraform/` and `ssh/`, the image and the keys made first where they are not
 * there yet. The same spec gives the same bytes.
 */
export async function writeConfiguration(
  context: StageContext,
  tools: TerraformTools,
): Promise<WrittenFile[]> {
  const { cluster } = context;
  const { spec } = cluster;
  const image = await targetOf(cluster, tools).prepare(context.children, spec.postgres_version);
  const client = await keyPairOf(context, tools);
  const hostKeys = new Map<string, SshKeyPair>();
  for (const { name } of plannedNodes(spec)) {
    const { certificate, privateKey } = await ensureKeys(context, tools, {
      privateKey: `ssh-host-key/${name}`,
      publicKey: `ssh-host-public-key/${name}`,
      comment: name,
    });
    hostKeys.set(name, { publicKey: certificate, privateKey });
  }
  const { configuration, knownAs } = spec.aws
    ? awsConfiguration(cluster, spec.aws, client)
    : localConfiguration(cluster, image ?? '', client);
  const files = await tools.terraform.configuration(configuration);
  // Keys first: the module reads them as it makes a node.
  const ssh = await tools.workspace.replace(
    cluster.name,
    'ssh',
    [
      { path: 'id_ed25519', content: client.privateKey, mode: KEY_MODE },
      { path: 'id_ed25519.pub', content: `${client.publicKey}\n` },
      {
        path: 'known_hosts',
        content: [
          ...[...hostKeys].map(([name, keys]) => knownHost(knownAs(name), keys.publicKey)),
          ...bastionHost(spec.aws ?? null),
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

interface Configured {
  configuration: LocalConfiguration | AwsConfiguration;
  /** The name under which ssh looks a node's host key up. */
  knownAs(node: string): string;
}

function localConfiguration(cluster: ClusterRecord, image: string, client: ClientKey): Configured {
  const network = localNetwork(cluster.network_index ?? 0);
  const planned = plannedNodes(cluster.spec);
  const ordinals = new Map(planned.map(({ name, ordinal }) => [name, ordinal]));
  return {
    configuration: {
      target: 'local',
      site: cluster.site,
      cluster: cluster.name,
      image,
      subnet: network.subnet,
      nodes: planned.map(({ name, ordinal, witness }) => ({
        name,
        address: network.addressOf(ordinal),
        sshPort: network.sshPortOf(ordinal),
        postgresPort: witness ? null : network.postgresPortOf(ordinal),
      })),
      authorizedKey: client.publicKey,
    },
    knownAs: (name) => `[${LOOPBACK}]:${network.sshPortOf(ordinals.get(name) ?? 1)}`,
  };
}

/** Addresses are not known before the apply, so a node's key is looked up by the node's name. */
function awsConfiguration(
  { name, site, spec, nodes }: ClusterRecord,
  settings: AwsSettings,
  client: ClientKey,
): Configured {
  return {
    configuration: {
      target: 'aws',
      site,
      cluster: name,
      instanceType: spec.instance_type,
      nodes: plannedNodes(spec).map((node) => ({
        ...node,
        zone: nodes?.find((made) => made.name === node.name)?.zone ?? null,
      })),
      allowList: spec.allow_list,
      settings,
      publicKey: client.given === null ? client.publicKey : null,
    },
    knownAs: (node) => node,
  };
}

function bastionHost(settings: AwsSettings | null): string[] {
  return settings?.bastion ? [knownHost(BASTION, settings.bastion.host_key)] : [];
}

function knownHost(host: string, publicKey: string): string {
  const [type, key] = publicKey.split(' ');
  return `${host} ${type} ${key}\n`;
}
