import type { Command } from '@commander-js/extra-typings';
import type { Definition } from './cli.ts';
import { examples, oneOf, wholeNumber } from './values.ts';

const STATES = [
  'queued',
  'running',
  'awaiting-approval',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
] as const;

/** `hathi operation …` and `hathi plan …`, each verb loaded when it is run. */
export function addOperationCommands(program: Command, definition: Definition): void {
  addOperations(program, definition);
  addPlans(program, definition);
}

function addOperations(program: Command, { run }: Definition): void {
  const operation = program
    .command('operation')
    .summary('List, show, watch, approve, cancel and retry operations')
    .description("Operations: each is one request's work on one cluster.");

  operation
    .command('list')
    .summary('List operations, newest first')
    .description('List operations, newest first.')
    .option('-c, --cluster <name>', 'Only those of this cluster')
    .addOption(oneOf('--state <state>', 'Only those in this state', STATES))
    .option('-n, --limit <count>', 'At most so many (default: 20)', wholeNumber)
    .addHelpText('after', examples('hathi operation list', 'hathi operation list --state failed'))
    .action((options) =>
      run(async (cli) => (await import('./list.ts')).listOperations(cli, options)),
    );

  operation
    .command('show')
    .summary('Show an operation and its stages')
    .description('Show an operation, its stages, and why it failed.')
    .argument('<id>', 'The operation')
    .addHelpText('after', examples('hathi operation show 01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02'))
    .action((id) => run(async (cli) => (await import('./show.ts')).showOperation(cli, id)));

  operation
    .command('watch')
    .summary('Follow an operation to its end')
    .description(
      'Follow an operation to its end. With --json each event is one line. Ctrl-C leaves it running.',
    )
    .argument('<id>', 'The operation')
    .addHelpText('after', examples('hathi operation watch 01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02'))
    .action((id) => run(async (cli) => (await import('./watch.ts')).watchOperation(cli, id)));

  operation
    .command('approve')
    .summary('Approve the plan of an operation that waits')
    .description('Show the plan of an operation that waits for approval, ask, and let it go on.')
    .argument('<id>', 'The operation')
    .option('--plan <id>', 'Only if its plan is this one')
    .option('-d, --detach', 'Return at once')
    .addHelpText(
      'after',
      examples('hathi operation approve 01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02 --yes'),
    )
    .action((id, options) =>
      run(async (cli) => (await import('./approve.ts')).approve(cli, id, options)),
    );

  operation
    .command('cancel')
    .summary('Stop an operation')
    .description(
      'Stop an operation cleanly. With --force, once that was asked for, by force: what it was making may then be half made.',
    )
    .argument('<id>', 'The operation')
    .option('--force', 'Kill it')
    .addHelpText('after', examples('hathi operation cancel 01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02'))
    .action((id, options) =>
      run(async (cli) => (await import('./cancel.ts')).cancel(cli, id, options)),
    );

  operation
    .command('retry')
    .summary('Start an operation again that did not succeed')
    .description('Start a new operation of the same kind and input, and follow it.')
    .argument('<id>', 'The operation that failed')
    .option('-d, --detach', 'Return at once')
    .addHelpText('after', examples('hathi operation retry 01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02'))
    .action((id, options) =>
      run(async (cli) => (await import('./retry.ts')).retry(cli, id, options)),
    );
}

function addPlans(program: Command, { run }: Definition): void {
  program
    .command('plan')
    .summary('Show plans')
    .description('Plans: what Terraform would do, reviewed once and applied once.')
    .command('show')
    .summary('Show a plan')
    .description('Show what a plan would do. Without an id, the newest one of a cluster.')
    .argument('[id]', 'The plan')
    .option('-c, --cluster <name>', 'The newest plan of this cluster')
    .option('--files', 'Print the Terraform that was planned, too')
    .addHelpText(
      'after',
      examples('hathi plan show --cluster orders', 'hathi plan show --cluster orders --files'),
    )
    .action((id, options) =>
      run(async (cli) => (await import('./plan.ts')).showPlan(cli, id, options)),
    );
}
