import type { ClusterSpec } from '../../core/cluster/cluster-spec.ts';
import { plannedNodes } from '../../core/cluster/topology.ts';
import { HathiError } from '../../core/errors.ts';
import type { CostEstimate } from '../../core/plan/plan-context.ts';
import type { AccountResource, LabelledResource } from '../../core/resources.ts';
import type { Target } from '../../ports/target.ts';
import type { Cloud, CloudNetwork } from './account/cloud.ts';
import { awsMain } from './aws-main.ts';
import { awsContract } from './contract.ts';
import { estimateCost } from './cost/cost-estimate.ts';
import { AWS_RESOURCES } from './module-resources.ts';
import { awsNodeAccess } from './node-access.ts';
import { inboundRules } from './preflight/inbound-rules.ts';
import { checkSessionTools } from './preflight/session-tools.ts';
import { type AwsSettings, settingsConflicts } from './settings/aws-settings.ts';
import { awsFixedFields } from './settings/fixed-fields.ts';
import { type AwsDefaults, nextSettings } from './settings/next-settings.ts';
import { regionProblem } from './settings/region.ts';

/**
 * Debian 13 contains version 17. The other versions come from the PostgreSQL package repository.
 */
const POSTGRES_VERSIONS = ['15', '16', '17', '18'];
const GIBIBYTE = 2 ** 30;

export interface AwsTargetOptions {
  /** Environment of the programs that Hathi runs. */
  env: Record<string, string>;
  defaults: AwsDefaults;
}

/** Creates the target that runs nodes as EC2 instances. */
export function createAwsTarget(cloud: Cloud, { env, defaults }: AwsTargetOptions): Target {
  const found = async (site: string, cluster: string, spec: ClusterSpec) =>
    await cloud.resources({ region: settingsOf(spec).region, site, cluster });

  return {
    ...awsContract,
    requirement: 'aws',
    postgresVersions: POSTGRES_VERSIONS,
    isBoundToSite: false,
    protectsByDefault: true,
    moduleResources: AWS_RESOURCES,
    account: {
      defaultRegion: defaults.settings.region ?? null,
      regionOf: (spec) => settingsOf(spec).region,
      regionError(region) {
        const problem = regionProblem(region, defaults.regions);
        return problem && { path: '/region', ...problem };
      },
      resources: (region) => cloud.resources({ region }),
    },

    nextSettings: (current, change) => nextSettings(current, change, defaults),
    conflicts: (spec) => settingsConflicts(settingsOf(spec)),
    fixedFields: awsFixedFields,
    access: (spec) => awsNodeAccess(settingsOf(spec)),
    givenKey(spec) {
      const file = settingsOf(spec).private_key_file;
      return file === null ? null : { file, field: 'aws/private_key_file' };
    },
    remoteState(spec) {
      const state = settingsOf(spec).state_bucket;
      // Bucket names are unique across all regions.
      return state && { key: `${state.bucket}/${state.key}`, field: 'aws/state_bucket/key' };
    },
    notes: () => [],

    configuration: (cluster, input) => awsMain(cluster, settingsOf(cluster.spec), input),
    // Addresses are unknown before the apply, so ssh finds the host key by the name of the node.
    hostKeyName: (_cluster, node) => node,
    wants(spec, { kind, node }) {
      const nodes = plannedNodes(spec).map(({ name }) => name);
      const network = /^security-group-rule\/(?:postgres|ssh)\/(.+)$/.exec(kind)?.[1];
      const networks = [...spec.allow_list, ...settingsOf(spec).control_cidrs];
      return (
        (node === null || nodes.includes(node)) &&
        (network === undefined || networks.includes(network))
      );
    },

    // The Terraform configuration selects the Debian image.
    prepare: async () => null,
    freeNetworkIndex: async () => null,

    async preflight({ spec }, { newNodes, publicKey }) {
      const settings = settingsOf(spec);
      const own = settings.connection === 'ssm' ? await checkSessionTools(env) : [];
      const { identity, findings } = await cloud.preflight({
        region: settings.region,
        instanceType: spec.instance_type,
        nodes: plannedNodes(spec).length,
        newNodes,
        availabilityZones: settings.availability_zones,
        amiId: settings.ami_id,
        network: networkOf(settings),
        keyName: settings.key_name,
        publicKey,
        connection: settings.connection,
        publicAddresses: settings.connection === 'public',
        inboundRules: inboundRules(
          spec.allow_list,
          settings.connection === 'ssm' ? [] : settings.control_cidrs,
        ),
      });
      return { identity, findings: [...findings, ...own], cost: costOf(spec, settings) };
    },

    async observe({ site, name, spec }, nodes) {
      const made = await cloud.nodes(settingsOf(spec).region, site, name);
      return {
        nodes: nodes.map((node) => {
          const seen = made.find((one) => one.name === node && one.state !== 'missing');
          return { name: node, state: seen?.state ?? 'missing', id: seen?.id ?? null };
        }),
        // The provider checks the network at every plan.
        network: true,
      };
    },

    async provesDown({ spec }, { instance_id: id }) {
      return id !== null && (await cloud.isDown(settingsOf(spec).region, id));
    },

    async start({ site, name, spec }, nodes) {
      const { region } = settingsOf(spec);
      const made = await cloud.nodes(region, site, name);
      const stopped = made.filter((one) => nodes.includes(one.name) && one.state === 'stopped');
      if (stopped.length === 0) return;
      await cloud.start(
        region,
        stopped.map(({ id }) => id),
      );
    },

    resources: async ({ site, name, spec }) => (await found(site, name, spec)).map(labelled),

    async remove({ site, name, spec }, resources) {
      // A role and its instance profile can have the same name.
      const wanted = new Set(resources.map((one) => `${one.kind} ${one.name}`));
      const all = await found(site, name, spec);
      await cloud.remove(all.filter(({ kind, id }) => wanted.has(`${kind} ${id}`)));
    },

    async nodeSize(spec) {
      const { region, data_volume: volume } = settingsOf(spec);
      const size = await cloud.sizeOf(region, spec.instance_type);
      if (size === null) {
        throw new HathiError(
          'INVALID_REQUEST',
          `instance_type: EC2 has no ${spec.instance_type} in ${region}.`,
          { errors: [{ path: '/instance_type', message: `${region} does not have it` }] },
        );
      }
      return { memory_bytes: size.memoryBytes, disk_bytes: volume.size_gib * GIBIBYTE };
    },

    // A server can serve several regions, so each plan names the account.
    describe: async () => 'asked as a cluster is planned',
  };
}

/** @throws INTERNAL for a spec without the member `aws`, which no valid request can create */
function settingsOf(spec: ClusterSpec): AwsSettings {
  if (spec.aws) return spec.aws;
  throw new HathiError('INTERNAL', `The spec of ${spec.name} has no member aws.`);
}

function labelled(resource: AccountResource): LabelledResource {
  return {
    kind: resource.kind,
    name: resource.id,
    node: resource.node,
    operation_id: resource.operation_id ?? '',
    remove: resource.remove,
  };
}

function networkOf({ network }: AwsSettings): CloudNetwork {
  if (network.mode !== 'existing') return network;
  return { mode: 'existing', vpcId: network.vpc_id, subnetIds: network.subnet_ids };
}

function costOf(spec: ClusterSpec, settings: AwsSettings): CostEstimate | null {
  const planned = plannedNodes(spec);
  const witnesses = planned.filter(({ witness }) => witness).length;
  const nat = settings.network.mode === 'own' && settings.network.private ? 1 : 0;
  const { size_gib, iops, throughput_mib_s } = settings.data_volume;
  return estimateCost({
    region: settings.region,
    instanceType: spec.instance_type,
    nodes: planned.length - witnesses,
    witnessNodes: witnesses,
    rootGib: settings.root_volume.size_gib,
    dataVolume: { sizeGib: size_gib, iops, throughput: throughput_mib_s },
    publicAddresses: (settings.connection === 'public' ? planned.length : 0) + nat,
    natGateways: nat,
  });
}
