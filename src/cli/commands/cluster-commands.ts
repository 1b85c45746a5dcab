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
import { addClusterChangeCommands } from './cluster-change-commands.ts';

/** `hathi cluster …`, each verb loaded when it is run. */
export function addClusterCommands(program: Command, { run }: Definition): void {
  const cluster = program
    .command('cluster')
    .summary('Create, show, watch, change, connect to, verify and destroy clusters')
    .description('Manage clusters: one primary and its replicas.');

  cluster
    .command('create')
    .summary('Create a cluster')
    .description(
      'Create a cluster. Hathi generates Terraform and shows the plan. After your approval it applies exactly that plan, sets up PostgreSQL, and verifies that every replica replicates.',
    )
    .argument('<name>', 'Name: lowercase letters, digits and hyphens')
    .option('-r, --replicas <count>', 'Number of replicas, 0 to 15 (default: 2)', replicaCount)
    .addOption(
      oneOf(
        '--target <target>',
        "Where the machines run (default: the server's target)",
        CLUSTER_VALUES.target,
      ),
    )
    .option(
      '--instance-type <type>',
      'Machine type (default: t2.medium); has no effect on the local target',
    )
    .addOption(
      oneOf(
        '--postgres <version>',
        'Major version of PostgreSQL (default: 17)',
        CLUSTER_VALUES.postgres_version,
      ),
    )
    .addOption(
      oneOf(
        '--failover <profile>',
        'How quickly an unresponsive primary is failed over (default: balanced)',
        CLUSTER_VALUES.failover_profile,
      ),
    )
    .option('--region <region>', "AWS region (default: the server's region)")
    .addOption(
      oneOf(
        '--connection <way>',
        'How AWS machines are reached (default: public)',
        CLUSTER_VALUES.connection,
      ),
    )
    .option(
      '--control <network>',
      'Network that may connect to AWS machines by SSH; can be repeated',
      collect,
    )
    .option('--aws <json>', 'Other members of `aws`, as JSON', jsonObject)
    .option(
      '--allow <network>',
      'Network of clients that may connect to PostgreSQL; can be repeated',
      collect,
    )
    .option('--locale <locale>', 'Locale of the nodes, e.g. de_DE.UTF-8; can be repeated', collect)
    .option('-p, --parameter <name=value>', 'PostgreSQL parameter; can be repeated', assignment)
    .option('-l, --label <name=value>', 'Label; can be repeated', assignment)
    .option('--protect', 'Enable deletion protection (default: on, except for local)')
    .option('--plan-only', 'Stop when the plan waits for `hathi operation approve`')
    .option('-d, --detach', 'Return immediately; with --yes the plan is applied without a review')
    .addHelpText(
      'after',
      examples(
        'hathi cluster create orders',
        'hathi cluster create orders --replicas 1 -p max_connections=200',
        'hathi cluster create orders --yes            # in a script: without questions',
        'hathi cluster create orders --plan-only      # in a pipeline: approved by another step',
      ),
    )
    .action((name, options) =>
      run(async (cli) => (await import('./create.ts')).create(cli, name, options)),
    );

  cluster
    .command('list')
    .summary('List clusters')
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
    .summary('List AWS resources that belong to no known cluster')
    .description(
      "List the resources in the AWS account that have Hathi's tags and are in no Terraform state, each with the command that removes it.",
    )
    .option('--region <region>', 'Only this region (default: every region with clusters)')
    .addHelpText('after', examples('hathi cluster orphans', 'hathi cluster orphans --json'))
    .action((options) =>
      run(async (cli) => (await import('./orphans.ts')).listOrphans(cli, options)),
    );

  cluster
    .command('show')
    .summary('Show a cluster, its nodes and the last verification')
    .description('Show a cluster: its settings, nodes, observed roles and last verification.')
    .argument('<name>', 'Name of the cluster')
    .addHelpText('after', examples('hathi cluster show orders'))
    .action((name) => run(async (cli) => (await import('./show.ts')).showCluster(cli, name)));

  cluster
    .command('describe')
    .summary('Show a cluster with its last verification and operations')
    .description(
      'Show a cluster, its nodes, each figure of the last verification, and its last operations.',
    )
    .argument('<name>', 'Name of the cluster')
    .addHelpText('after', examples('hathi cluster describe orders'))
    .action((name) =>
      run(async (cli) => (await import('./describe.ts')).describeCluster(cli, name)),
    );

  cluster
    .command('events')
    .summary('Print the changes of conditions and roles of a cluster')
    .description(
      'Print the stored events of a cluster, one on each line: changes of conditions and roles.',
    )
    .argument('<name>', 'Name of the cluster')
    .option('-f, --follow', 'Continue with new events until Ctrl-C')
    .addHelpText('after', examples('hathi cluster events orders', 'hathi cluster events orders -f'))
    .action((name, options) =>
      run(async (cli) => (await import('./logs.ts')).clusterEvents(cli, name, options)),
    );

  cluster
    .command('watch')
    .summary('Show a cluster live: nodes, conditions and events')
    .description(
      'Follow the unfinished operation of a cluster to its end, if there is one. Then show its nodes, conditions and newest events until Ctrl-C; without a terminal, one line for each event.',
    )
    .argument('<name>', 'Name of the cluster')
    .addHelpText('after', examples('hathi cluster watch orders'))
    .action((name) => run(async (cli) => (await import('./watch.ts')).watchCluster(cli, name)));

  cluster
    .command('connect')
    .summary('Open psql on the primary, or on a replica')
    .description(
      'Open psql on the current primary. The certificate of the server is verified, and psql receives the password in its environment. Arguments after -- are passed to psql.',
    )
    .argument('<name>', 'Name of the cluster')
    .argument('[psql-arguments...]', 'Arguments for psql, after --')
    .option('--replica', 'Connect to a replica')
    .option('--node <node>', 'Connect to this node')
    .option('--print', 'Print the URI with its password')
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
    .summary('Verify that every replica replicates')
    .description(
      'Write a row on the primary and read it on every replica. Exits with 1 if a replica does not replicate.',
    )
    .argument('<name>', 'Name of the cluster')
    .addHelpText('after', examples('hathi cluster verify orders'))
    .action((name) => run(async (cli) => (await import('./verify.ts')).verify(cli, name)));

  addClusterChangeCommands(cluster, { run });

  cluster
    .command('destroy')
    .summary('Destroy a cluster and all its data')
    .description(
      'Destroy the machines of a cluster and all its data. You type its name as confirmation.',
    )
    .argument('<name>', 'Name of the cluster')
    .option('--confirm <name>', 'Name of the cluster, for use without a terminal')
    .option('-d, --detach', 'Return immediately')
    .addHelpText(
      'after',
      examples('hathi cluster destroy orders', 'hathi cluster destroy orders --confirm orders'),
    )
    .action((name, options) =>
      run(async (cli) => (await import('./destroy.ts')).destroy(cli, name, options)),
    );

  cluster
    .command('forget')
    .summary('Stop managing a cluster; keep its machines')
    .description(
      'Stop managing a cluster and keep its machines. You type its name as confirmation.',
    )
    .argument('<name>', 'Name of the cluster')
    .option('--confirm <name>', 'Name of the cluster, for use without a terminal')
    .addHelpText('after', examples('hathi cluster forget orders'))
    .action((name, options) =>
      run(async (cli) => (await import('./forget.ts')).forget(cli, name, options)),
    );
}
