import type { Command } from '@commander-js/extra-typings';
import type { Definition } from '../cli.ts';
import { examples, oneOf, wholeNumber } from '../option-parsers.ts';

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
    .description('Manage operations: the work that Hathi does for one request on one cluster.');

  operation
    .command('list')
    .summary('List operations, newest first')
    .description('List operations, newest first.')
    .option('-c, --cluster <name>', 'Only operations of this cluster')
    .addOption(oneOf('--state <state>', 'Only operations in this state', STATES))
    .option('-n, --limit <count>', 'Maximum number of operations (default: 20)', wholeNumber)
    .addHelpText('after', examples('hathi operation list', 'hathi operation list --state failed'))
    .action((options) =>
      run(async (cli) => (await import('./list.ts')).listOperations(cli, options)),
    );

  operation
    .command('show')
    .summary('Show an operation and its stages')
    .description('Show an operation, its stages, and its error.')
    .argument('<id>', 'Id of the operation, or its first characters')
    .addHelpText('after', examples('hathi operation show 01a20b10-3c64'))
    .action((id) => run(async (cli) => (await import('./show.ts')).showOperation(cli, id)));

  operation
    .command('logs')
    .summary('Print the events of an operation')
    .description('Print the events of an operation, one on each line.')
    .argument('<id>', 'Id of the operation, or its first characters')
    .option('-f, --follow', 'Continue until the operation ends')
    .addHelpText('after', examples('hathi operation logs 01a20b10-3c64'))
    .action((id, options) =>
      run(async (cli) => (await import('./logs.ts')).operationLogs(cli, id, options)),
    );

  operation
    .command('watch')
    .summary('Follow an operation to its end')
    .description(
      'Follow an operation to its end. With --json, each event is one line. Ctrl-C leaves it running.',
    )
    .argument('<id>', 'Id of the operation, or its first characters')
    .addHelpText('after', examples('hathi operation watch 01a20b10-3c64'))
    .action((id) => run(async (cli) => (await import('./watch.ts')).watchOperation(cli, id)));

  operation
    .command('approve')
    .summary('Approve the plan of an operation')
    .description(
      'Show the plan of an operation that waits for approval, and apply it after your approval.',
    )
    .argument('<id>', 'Id of the operation, or its first characters')
    .option('--plan <id>', 'Fail unless the operation has this plan')
    .option('-d, --detach', 'Return immediately')
    .addHelpText('after', examples('hathi operation approve 01a20b10-3c64 --yes'))
    .action((id, options) =>
      run(async (cli) => (await import('./approve.ts')).approve(cli, id, options)),
    );

  operation
    .command('cancel')
    .summary('Cancel an operation')
    .description(
      'Cancel an operation: the running program stops cleanly. With --force, after a first cancel, the program is killed; resources may then be incomplete.',
    )
    .argument('<id>', 'Id of the operation, or its first characters')
    .option('--force', 'Kill the running program')
    .addHelpText('after', examples('hathi operation cancel 01a20b10-3c64'))
    .action((id, options) =>
      run(async (cli) => (await import('./cancel.ts')).cancel(cli, id, options)),
    );

  operation
    .command('retry')
    .summary('Repeat an operation that did not succeed')
    .description('Start a new operation with the same input, and follow it.')
    .argument('<id>', 'Id of the operation, or its first characters')
    .option('-d, --detach', 'Return immediately')
    .addHelpText('after', examples('hathi operation retry 01a20b10-3c64'))
    .action((id, options) =>
      run(async (cli) => (await import('./retry.ts')).retry(cli, id, options)),
    );
}

function addPlans(program: Command, { run }: Definition): void {
  program
    .command('plan')
    .summary('Show plans')
    .description('Show plans: the changes that an approved operation applies.')
    .command('show')
    .summary('Show a plan')
    .description('Show the changes of a plan: by its id, or the newest plan of a cluster.')
    .argument('[id]', 'Id of the plan, or its first characters')
    .option('-c, --cluster <name>', 'The newest plan of this cluster')
    .option('--files', 'Also print the planned Terraform files')
    .addHelpText(
      'after',
      examples('hathi plan show --cluster orders', 'hathi plan show --cluster orders --files'),
    )
    .action((id, options) =>
      run(async (cli) => (await import('./plan.ts')).showPlan(cli, id, options)),
    );
}
