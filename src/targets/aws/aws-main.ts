import { plannedNodes } from '../../core/cluster/topology.ts';
import {
  attribute,
  blank,
  block,
  expression,
  type HclItem,
  type HclValue,
} from '../../core/terraform/hcl.ts';
import type { MainFile } from '../../core/terraform/main-file.ts';
import type { ConfigurationInput, ConfiguredCluster } from '../../ports/target.ts';
import type { AwsSettings } from './settings/aws-settings.ts';

const PROVIDER = { source: 'hashicorp/aws', version: '~> 6.0' };

export function awsMain(
  { name: cluster, site, spec, nodes: made }: ConfiguredCluster,
  settings: AwsSettings,
  { publicKey, isGiven }: ConfigurationInput,
): MainFile {
  const nodes = plannedNodes(spec).map(({ name, ordinal, witness }): [string, HclValue] => {
    // The module chooses the zone of a new node.
    const zone = made?.find((node) => node.name === name)?.zone ?? null;
    return [name, { ordinal, ...(witness ? { witness } : {}), ...(zone === null ? {} : { zone }) }];
  });
  return {
    settings: [
      blank,
      block('required_providers', [], [attribute('aws', PROVIDER)]),
      ...backend(settings.state_bucket),
    ],
    providers: [
      block(
        'provider',
        ['aws'],
        [
          attribute('region', settings.region),
          blank,
          block(
            'default_tags',
            [],
            [attribute('tags', { 'hathi:cluster': cluster, 'hathi:site': site })],
          ),
        ],
      ),
      blank,
    ],
    module: [
      attribute('source', './modules/aws'),
      blank,
      attribute('site', site),
      attribute('cluster', cluster),
      attribute('operation_id', expression('var.operation_id')),
      blank,
      attribute('instance_type', spec.instance_type),
      ...optional('ami_id', settings.ami_id),
      attribute('network', { ...settings.network }),
      ...optional('availability_zones', settings.availability_zones),
      blank,
      attribute('connection', settings.connection),
      attribute('control_cidrs', settings.control_cidrs),
      attribute('allow_list', spec.allow_list),
      ...optional('key_name', settings.key_name),
      ...optional('public_key', isGiven ? null : publicKey),
      attribute('host_keys_directory', expression(`"\${path.root}/../ssh/host_keys"`)),
      blank,
      attribute('root_volume', { ...settings.root_volume }),
      attribute('data_volume', { ...settings.data_volume }),
      ...optional('kms_key_id', settings.kms_key_id),
      attribute('termination_protection', settings.termination_protection),
      attribute('session_manager', settings.session_manager),
      ...optional('ssm_agent_url', settings.ssm_agent_url),
      ...optional('ssm_agent_sha256', settings.ssm_agent_sha256),
      attribute('public_address', settings.public_address),
      ...optional('proxy', settings.proxy),
      ...optional('apt_mirror', settings.apt_mirror),
      ...optional('apt_security_mirror', settings.apt_security_mirror),
      blank,
      attribute('nodes', Object.fromEntries(nodes)),
    ],
  };
}

/** Omits a value that is not set, so that the default of the module applies. */
function optional(name: string, value: HclValue): HclItem[] {
  const absent = value === null || (Array.isArray(value) && value.length === 0);
  return absent ? [] : [attribute(name, value)];
}

/** The lock is a file in the bucket, so no DynamoDB table is needed. */
function backend(state: AwsSettings['state_bucket']): HclItem[] {
  if (state === null) return [];
  return [
    blank,
    block(
      'backend',
      ['s3'],
      [
        attribute('bucket', state.bucket),
        attribute('key', state.key),
        attribute('region', state.region),
        attribute('encrypt', true),
        attribute('use_lockfile', true),
        ...(state.path_style ? [attribute('use_path_style', true)] : []),
      ],
    ),
  ];
}
