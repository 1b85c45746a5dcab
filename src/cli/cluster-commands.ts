import type { Command } from '@commander-js/extra-typings';
import type { Definition } from './cli.ts';
import { assignment, collect, examples, jsonObject, oneOf, replicaCount } from './values.ts';

/** `hathi cluster …`, each verb loaded when it is run. */
export function addClusterCommands(program: Command, { run }: Definition): void {
  const cluster = program
    .command('cluster')
    .summary('Create, show, watch, connect to, verify and destroy clusters')
    .description('Clusters: one primary, some replicas, planned, made and proven.');

  cluster
    .command('create')
    .summary('Make a cluster: show its plan, ask, then show how it comes up')
    .description(
      'Make a cluster. Hathi writes its Terraform and shows the plan; once you have said yes, it makes exactly that, sets PostgreSQL up, and proves that every replica replicates.',
    )
    .argument('<name>', 'Small letters, digits and hyphens')
    .option(
      '-r, --replicas <count>',
      'Replicas beside the one primary, 0 to 15 (default: 2)',
      replicaCount,
    )
    .addOption(
      oneOf('--target <target>', 'Where the machines run (default: that of the server)', [
        'local',
        'aws',
      ]),
    )
    .option(
      '--instance-type <type>',
      'Type of the machines (default: t2.medium); has no effect on the local target',
    )
    .addOption(
      oneOf('--postgres <version>', 'Major version of PostgreSQL (default: 17)', [
        '15',
        '16',
        '17',
        '18',
      ]),
    )
    .addOption(
      oneOf(
        '--failover <profile>',
        'How quickly an unresponsive primary is failed over (default: balanced)',
        ['fast', 'balanced', 'patient'],
      ),
    )
    .option('--region <region>', 'Of AWS (default: that of the server)')
    .addOption(
      oneOf('--connection <way>', 'How AWS machines are reached (default: public)', [
        'public',
        'private',
        'bastion',
        'ssm',
      ]),
    )
    .option(
      '--control <network>',
      'From where SSH reaches AWS machines, as often as needed',
      collect,
    )
    .option('--aws <json>', 'Anything else of `aws`, as the API takes it', jsonObject)
    .option('--allow <network>', 'Network of clients, as often as needed', collect)
    .option('--locale <locale>', 'Locale of the nodes, e.g. de_DE.UTF-8; repeat for more', collect)
    .option('-p, --parameter <name=value>', 'PostgreSQL parameter, as often as needed', assignment)
    .option('-l, --label <name=value>', 'Label, as often as needed', assignment)
    .option('--protect', 'Enable deletion protection (default: on, except for local)')
    .option('--plan-only', 'Stop at the plan, for `hathi operation approve`')
    .option('-d, --detach', 'Start it and return at once; with --yes its plan is approved unseen')
    .addHelpText(
      'after',
      examples(
        'hathi cluster create orders',
        'hathi cluster create orders --replicas 1 -p max_connections=200',
        'hathi cluster create orders --yes            # in a script: no question is asked',
        'hathi cluster create orders --plan-only      # in a pipeline: approved by another step',
      ),
    )
    .action((name, options) =>
      run(async (cli) => (await import('./create.ts')).create(cli, name, options)),
    );

  cluster
    .command('list')
    .summary('List the clusters')
    .description('List the clusters that are not destroyed.')
    .option('-l, --label <name=value>', 'Only clusters with this label')
    .addHelpText(
      'after',
      examples('hathi cluster list', 'hathi cluster list --label team=billing --json'),
    )
    .action((options) =>
      run(async (cli) => (await import('./list.ts')).listClusters(cli, options)),
    );

  cluster
    .command('orphans')
    .summary('List what runs at AWS and belongs to no cluster that is known')
    .description(
      "List everything in the account that carries Hathi's tags and that no state knows, each with the command that removes it.",
    )
    .option('--region <region>', 'This region alone (default: all in which there are clusters)')
    .addHelpText('after', examples('hathi cluster orphans', 'hathi cluster orphans --json'))
    .action((options) =>
      run(async (cli) => (await import('./orphans.ts')).listOrphans(cli, options)),
    );

  cluster
    .command('show')
    .summary('Show a cluster, its nodes and the last proof')
    .description('Show what was asked for beside what was seen: nodes, roles and the last proof.')
    .argument('<name>', 'The cluster')
    .addHelpText('after', examples('hathi cluster show orders'))
    .action((name) => run(async (cli) => (await import('./show.ts')).showCluster(cli, name)));

  cluster
    .command('watch')
    .summary('Follow what is being done to a cluster')
    .description(
      'Follow the unfinished operation of a cluster to its end. It may be left by Ctrl-C and taken up again.',
    )
    .argument('<name>', 'The cluster')
    .addHelpText('after', examples('hathi cluster watch orders'))
    .action((name) => run(async (cli) => (await import('./watch.ts')).watchCluster(cli, name)));

  cluster
    .command('connect')
    .summary('Open psql on the primary, or on a replica')
    .description(
      'Open psql on the primary, wherever it is now. The certificate of the server is checked; the password goes by the environment of psql. What stands after -- is given to psql.',
    )
    .argument('<name>', 'The cluster')
    .argument('[psql-arguments...]', 'After --, for psql')
    .option('--replica', 'A replica instead')
    .option('--node <node>', 'This node instead')
    .option('--print', 'Print the URI, with its password, instead of opening psql')
    .addHelpText(
      'after',
      examples(
        'hathi cluster connect orders',
        "hathi cluster connect orders --replica -- -c 'SELECT pg_is_in_recovery()'",
      ),
    )
    .action((name, rest, options) =>
      run(async (cli) => (await import('./connect.ts')).connect(cli, name, rest, options)),
    );

  cluster
    .command('verify')
    .summary('Prove that every replica replicates')
    .description(
      'Write a row on the primary and read it on every replica. Exits with 1 when one is not proven.',
    )
    .argument('<name>', 'The cluster')
    .addHelpText('after', examples('hathi cluster verify orders'))
    .action((name) => run(async (cli) => (await import('./verify.ts')).verify(cli, name)));

  cluster
    .command('update')
    .summary('Change labels or the protection against destroying')
    .description('Change the labels of a cluster, or its protection. No machine is touched.')
    .argument('<name>', 'The cluster')
    .option('-l, --label <name=value>', 'Label to set, as often as needed', assignment)
    .option('--remove-label <name>', 'Label to remove, as often as needed', collect)
    .option('--protect', 'Refuse to destroy it')
    .option('--no-protect', 'Allow to destroy it')
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

  cluster
    .command('destroy')
    .summary('Remove a cluster with all its data')
    .description('Remove the machines of a cluster, with all its data. Asks for its name.')
    .argument('<name>', 'The cluster')
    .option('--confirm <name>', 'The name once more, where nobody can be asked')
    .option('-d, --detach', 'Start it and return at once')
    .addHelpText(
      'after',
      examples('hathi cluster destroy orders', 'hathi cluster destroy orders --confirm orders'),
    )
    .action((name, options) =>
      run(async (cli) => (await import('./destroy.ts')).destroy(cli, name, options)),
    );

  cluster
    .command('forget')
    .summary('Stop managing a cluster; its machines go on')
    .description(
      'End what Hathi knows of a cluster, and leave its machines as they are. Asks for its name.',
    )
    .argument('<name>', 'The cluster')
    .option('--confirm <name>', 'The name once more, where nobody can be asked')
    .addHelpText('after', examples('hathi cluster forget orders'))
    .action((name, options) =>
      run(async (cli) => (await import('./forget.ts')).forget(cli, name, options)),
    );
}
