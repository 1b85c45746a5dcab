import type { Command } from '@commander-js/extra-typings';
import type { Definition } from '../cli.ts';
import { examples } from '../option-parsers.ts';

/** `hathi context …`, each verb loaded when it is run. */
export function addContextCommands(program: Command, { run }: Definition): void {
  const context = program
    .command('context')
    .summary('List, set, use and remove contexts: servers with a name')
    .description(
      'Manage contexts: names for servers. Commands use the server of the current context, unless --url, HATHI_URL or HATHI_PORT names another one.',
    );

  context
    .command('list')
    .summary('List contexts')
    .description('List the contexts. An asterisk marks the current one. No token is printed.')
    .addHelpText('after', examples('hathi context list'))
    .action(() => run(async (cli) => (await import('./context.ts')).listContexts(cli)));

  context
    .command('set')
    .summary('Create or change a context')
    .description(
      'Create or change a context. The token stays in its file or variable and is read for each command. The first context becomes the current one.',
    )
    .argument('<context>', 'Name of the context')
    .argument('<server>', 'URL of the server')
    .option('--token-file <path>', 'File that contains the token (mode 0600)')
    .option('--token-variable <name>', 'Environment variable that contains the token')
    .addHelpText(
      'after',
      examples(
        'hathi context set laptop http://localhost:5000',
        'hathi context set office https://hathi.example.com --token-file ~/.config/hathi/office',
      ),
    )
    .action((name, url, options) =>
      run(async (cli) => (await import('./context.ts')).setContext(cli, name, url, options)),
    );

  context
    .command('use')
    .summary('Make a context the current one')
    .description('Make a context the current one.')
    .argument('<context>', 'Name of the context')
    .addHelpText('after', examples('hathi context use office'))
    .action((name) => run(async (cli) => (await import('./context.ts')).useContext(cli, name)));

  context
    .command('remove')
    .summary('Remove a context')
    .description('Remove a context. The server and the file of its token are not changed.')
    .argument('<context>', 'Name of the context')
    .addHelpText('after', examples('hathi context remove office'))
    .action((name) => run(async (cli) => (await import('./context.ts')).removeContext(cli, name)));
}
