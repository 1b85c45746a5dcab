import { randomBytes } from 'node:crypto';
import { FAILOVER_TIMINGS } from '../../core/cluster/cluster-spec.ts';
import { stepMissing } from '../../core/cluster/missing-step.ts';
import { plannedNodes } from '../../core/cluster/topology.ts';
import { SSH_CONFIG, sshConfig } from '../../core/node/ssh-config.ts';
import { parametersOf } from '../../core/postgres/cluster-parameters.ts';
import type { CheckedParameter } from '../../core/postgres/parameters.ts';
import type { Ansible, AnsibleInput, InventoryNode } from '../../ports/ansible.ts';
import type { CertifiedKey, Pki } from '../../ports/pki.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { Stage, StageContext } from '../../ports/stage.ts';
import type { ClusterRecord, NodeSize } from '../../ports/stores.ts';
import type { Targets } from '../../ports/target.ts';
import type { Workspace } from '../../ports/workspace.ts';
import { sshConfigPath } from '../../shared/ssh-config-path.ts';
import { targetOf } from '../../shared/targets.ts';
import { ensureCertifiedKey, ensureSecret } from '../cluster-secrets.ts';
import { certificateFits } from './certificate-fits.ts';

const FOLDER = 'ansible';
const INVENTORY = 'inventory/hosts';
const AUTHORITY_DAYS = 3_650;
const NODE_CERTIFICATE_DAYS = 730;
const PASSWORD_BYTES = 24;

export interface CreateAnsibleScriptTools {
  ansible: Ansible;
  pki: Pki;
  secretBox: SecretBox;
  workspace: Workspace;
  targets: Targets;
  clock: { now(): Date };
  nodeSizes(cluster: ClusterRecord): Promise<NodeSize>;
}

/** Writes `ansible/`: certificates, passwords, variables, the inventory and the roles. */
export function createCreateAnsibleScriptStage(
  tools: CreateAnsibleScriptTools,
): Stage<'create-ansible-script'> {
  return {
    name: 'create-ansible-script',
    afterCrash: 'run-again',
    async run(context) {
      const { cluster } = context;
      const size = await tools.nodeSizes(cluster);
      const parameters = parametersOf(cluster, size);
      const authority = await ensureCertifiedKey(
        context,
        tools.secretBox,
        { certificate: 'ca-certificate', privateKey: 'ca-key' },
        () => true,
        () => tools.pki.createAuthority(`Hathi CA of ${cluster.name}`, AUTHORITY_DAYS),
      );
      const password = (name: string) =>
        ensureSecret(context, tools.secretBox, `postgres-${name}-password`, () =>
          randomBytes(PASSWORD_BYTES).toString('base64url'),
        );
      const files = await tools.ansible.files({
        cluster: cluster.name,
        clusterId: cluster.id,
        postgresVersion: cluster.spec.postgres_version,
        nodes: await inventoryNodes(tools, context, authority),
        ssh: await writeSshConfig(tools, cluster),
        allowList: cluster.spec.allow_list,
        locales: cluster.spec.locales ?? [],
        failover: FAILOVER_TIMINGS[cluster.spec.failover_profile],
        trial: Object.keys(cluster.spec.parameters).length > 0,
        dynamicParameters: valuesOf(parameters.filter(isDynamic)),
        localParameters: valuesOf(parameters.filter((one) => !isDynamic(one))),
        caCertificate: authority.certificate,
        passwords: {
          superuser: await password('superuser'),
          replication: await password('replication'),
          rewind: await password('rewind'),
        },
      });
      const written = await tools.workspace.replace(cluster.name, FOLDER, files);
      await context.write(({ clusters }) =>
        clusters.update(cluster.id, {
          ansible_generated_revision: cluster.spec_revision,
          node_size: size,
        }),
      );
      const inventory = files.find(({ path }) => path === INVENTORY)?.content;
      return {
        cluster: cluster.name,
        workspace: tools.workspace.path(cluster.name, FOLDER),
        files: written,
        inventory: String(inventory),
        parameters: parameters.map(({ name, value, scope, restart }) => ({
          name,
          value,
          scope,
          restart,
          source: Object.hasOwn(cluster.spec.parameters, name) ? 'spec' : 'default',
        })),
      };
    },
  };
}

const isDynamic = ({ scope }: CheckedParameter): boolean => scope === 'dynamic';

function valuesOf(parameters: readonly CheckedParameter[]): Record<string, string> {
  return Object.fromEntries(parameters.map(({ name, value }) => [name, value]));
}

async function inventoryNodes(
  tools: CreateAnsibleScriptTools,
  context: StageContext,
  authority: CertifiedKey,
): Promise<InventoryNode[]> {
  const { cluster } = context;
  const planned = new Map(plannedNodes(cluster.spec).map((node) => [node.name, node]));
  const made = cluster.nodes ?? [];
  if (made.length !== planned.size || made.some(({ name }) => !planned.has(name))) {
    throw stepMissing('create-ansible-script', 'apply-terraform', cluster.name);
  }
  const nodes: InventoryNode[] = [];
  for (const node of made) {
    const dnsNames = [node.name, 'localhost'];
    const addresses = [node.address, '127.0.0.1', ...reachedBy(node.postgres_host, node.address)];
    const certificate = await ensureCertifiedKey(
      context,
      tools.secretBox,
      { certificate: `node-certificate/${node.name}`, privateKey: `node-key/${node.name}` },
      (pem) =>
        certificateFits(pem, authority.certificate, [...dnsNames, ...addresses], tools.clock.now()),
      () =>
        tools.pki.issue(authority, {
          commonName: node.name,
          dnsNames,
          addresses,
          validDays: NODE_CERTIFICATE_DAYS,
        }),
    );
    const { witness = false, etcd = false } = planned.get(node.name) ?? {};
    const role = cluster.topology?.nodes.find(({ name }) => name === node.name)?.role ?? null;
    nodes.push({ ...node, witness, etcd, role, certificate });
  }
  return nodes;
}

/** @returns its absolute path and the user; null if the nodes need none */
async function writeSshConfig(
  tools: CreateAnsibleScriptTools,
  cluster: ClusterRecord,
): Promise<AnsibleInput['ssh']> {
  const { name, nodes, spec } = cluster;
  const access = targetOf(cluster, tools).access(spec);
  const config = sshConfigPath(tools, cluster);
  if (access.way === 'loopback' || config === null) return null;
  const folder = tools.workspace.path(name, 'ssh');
  const text = sshConfig({ cluster: name, nodes: nodes ?? [], access, folder });
  await tools.workspace.write(name, `ssh/${SSH_CONFIG}`, text);
  return { config, user: access.user };
}

/** An address of clients in addition to the addresses in every certificate. */
function reachedBy(host: string | null, address: string): string[] {
  return host === null || host === address || host === '127.0.0.1' ? [] : [host];
}
