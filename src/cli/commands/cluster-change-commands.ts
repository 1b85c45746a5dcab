import type { Command } from '@commander-js/extra-typings';
import { CLUSTER_VALUES } from '@hathi/client';
import type { Definition } from '../cli.ts';
import {
  assignment,
  collect,
  examples,
  jsonObject,
  oneOf,
  replicaCount,
} from '../option-parsers.ts';

/** The verbs of `hathi cluster` that change a running cluster. */
export function addClusterChangeCommands(cluster: Command, { run }: Pick<Definition, 'run'>): void {
  cluster
    .command('change')
    .summary('Change replicas, parameters and other settings of a cluster')
    .description(
      'Change the settings of a cluster. Hathi shows the plan, applies exactly that plan after your approval, and verifies replication. Settings that you leave out keep their value.',
    )
    .argument('<name>', 'Name of the cluster')
    .option('-r, --replicas <count>', 'Number of replicas, 0 to 15', replicaCount)
    .option('--set <name=value>', 'PostgreSQL parameter; can be repeated', assignment)
    .option(
      '--unset <name>',
      'PostgreSQL parameter to reset to its default; can be repeated',
      collect,
    )
    .option('--instance-type <type>', 'Machine type; has no effect on the local target')
    .addOption(
      oneOf(
        '--failover <profile>',
        'How quickly an unresponsive primary is failed over',
        CLUSTER_VALUES.failover_profile,
      ),
    )
    .option(
      '--allow <network>',
      'Network of clients that may connect to PostgreSQL, instead of the current ones; can be repeated; `none` for no network',
      collect,
    )
    .option(
      '--locale <locale>',
      'Locale of the nodes, instead of the current ones; can be repeated; `none` for no locale',
      collect,
    )
    .option('--aws <json>', 'Members of `aws`, as JSON', jsonObject)
    .option('--allow-delete-data', 'With --yes, approve a plan that deletes the data of a node')
    .option('--plan-only', 'Stop when the plan waits for `hathi operation approve`')
    .option('-d, --detach', 'Return immediately; with --yes the plan is applied without a review')
    .addHelpText(
      'after',
      examples(
        'hathi cluster change orders --replicas 3',
        'hathi cluster change orders --set work_mem=64MB --unset max_connections',
        'hathi cluster change orders --replicas 1 --yes --allow-delete-data',
      ),
    )
    .action((name, options) =>
      run(async (cli) => (await import('./change.ts')).change(cli, name, options)),
    );

  cluster
    .command('switchover')
    .summary('Make a replica the primary')
    .description(
      'Make a replica the primary, and verify replication. The primary is shut down in order, so no acknowledged row is lost; writes stop for some seconds.',
    )
    .argument('<name>', 'Name of the cluster')
    .option('--to <node>', 'The replica (default: the choice of Patroni)')
    .option('-d, --detach', 'Return immediately')
    .addHelpText(
      'after',
      examples('hathi cluster switchover orders', 'hathi cluster switchover orders --to orders-2'),
    )
    .action((name, options) =>
      run(async (cli) => (await import('./switchover.ts')).switchover(cli, name, options)),
    );

  cluster
    .command('repair')
    .summary('Start or create missing machines, and set up their nodes')
    .description(
      'Bring a cluster back to its spec. Hathi plans stopped and missing machines, applies the plan after your approval, sets up the nodes, and verifies replication.',
    )
    .argument('<name>', 'Name of the cluster')
    .option('--plan-only', 'Stop when the plan waits for `hathi operation approve`')
    .option('-d, --detach', 'Return immediately; with --yes the plan is applied without a review')
    .addHelpText(
      'after',
      examples('hathi cluster repair orders', 'hathi cluster repair orders --yes'),
    )
    .action((name, options) =>
      run(async (cli) => (await import('./repair.ts')).repair(cli, name, options)),
    );

  cluster
    .command('update')
    .summary('Change labels or deletion protection')
    .description(
      'Change the labels or the deletion protection of a cluster. The machines are not changed.',
    )
    .argument('<name>', 'Name of the cluster')
    .option('-l, --label <name=value>', 'Label to set; can be repeated', assignment)
    .option('--remove-label <name>', 'Label to remove; can be repeated', collect)
    .option('--protect', 'Enable deletion protection')
    .option('--no-protect', 'Disable deletion protection')
    .addHelpText(
      'after',
      examples(
        'hathi cluster update orders --protect',
        'hathi cluster update orders -l team=billing',
      ),
    )
    .action((name, options) =>
      run(async (cli) => (await import('./update.ts')).update(cli, name, options)),
    );
}
