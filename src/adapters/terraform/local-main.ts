import type { LocalConfiguration } from '../../ports/terraform.ts';
import { attribute, blank, expression, type HclValue } from './hcl.ts';
import type { MainFile } from './main-file.ts';

export function localMain(input: LocalConfiguration): MainFile {
  const nodes = input.nodes.map(({ name, address, sshPort, postgresPort }): [string, HclValue] => [
    name,
    {
      address,
      ssh_port: sshPort,
      ...(postgresPort === null ? {} : { postgres_port: postgresPort }),
    },
  ]);
  return {
    settings: [],
    providers: [],
    module: [
      attribute('source', './modules/local'),
      blank,
      attribute('site', input.site),
      attribute('cluster', input.cluster),
      attribute('operation_id', expression('var.operation_id')),
      blank,
      attribute('image', input.image),
      attribute('subnet', input.subnet),
      attribute('authorized_key', input.authorizedKey),
      attribute('host_keys_directory', expression(`"\${path.root}/../ssh/host_keys"`)),
      blank,
      attribute('nodes', Object.fromEntries(nodes)),
    ],
  };
}
