import { plannedNodes } from '../../core/cluster/topology.ts';
import { attribute, blank, expression, type HclValue } from '../../core/terraform/hcl.ts';
import type { MainFile } from '../../core/terraform/main-file.ts';
import type { ConfigurationInput, ConfiguredCluster } from '../../ports/target.ts';
import { localNetwork } from './local-network.ts';

export function localMain(
  { name: cluster, site, spec, network_index }: ConfiguredCluster,
  { image, publicKey }: ConfigurationInput,
): MainFile {
  const network = localNetwork(network_index ?? 0);
  const nodes = plannedNodes(spec).map(({ name, ordinal, witness }): [string, HclValue] => [
    name,
    {
      address: network.addressOf(ordinal),
      ssh_port: network.sshPortOf(ordinal),
      ...(witness ? {} : { postgres_port: network.postgresPortOf(ordinal) }),
    },
  ]);
  return {
    settings: [],
    providers: [],
    module: [
      attribute('source', './modules/local'),
      blank,
      attribute('site', site),
      attribute('cluster', cluster),
      attribute('operation_id', expression('var.operation_id')),
      blank,
      attribute('image', image),
      attribute('subnet', network.subnet),
      attribute('authorized_key', publicKey),
      attribute('host_keys_directory', expression(`"\${path.root}/../ssh/host_keys"`)),
      blank,
      attribute('nodes', Object.fromEntries(nodes)),
    ],
  };
}
