import { Command } from '@commander-js/extra-typings';
import { createCli, type Definition, OUTPUTS } from './cli.ts';
import { addClusterCommands } from './commands/cluster-commands.ts';
import { addContextCommands } from './commands/context-commands.ts';
import { addOperationCommands } from './commands/operation-commands.ts';
import { EXIT, type Exit } from './exit-codes.ts';
import { examples, oneOf } from './option-parsers.ts';
import { SHELLS } from './shells.ts';
import type { World } from './terminal/terminal.ts';
import { write } from './terminal/terminal-text.ts';

export interface Program {
  command: Command;
  /** The result of the command that was run. */
  ending(): Exit;
}

const HELP = {
  showGlobalOptions: true,
  sortSubcommands: false,
  subcommandTerm: (command: {
    name(): string;
    registeredArguments: readonly { name(): string; required: boolean }[];
  }) =>
    [
      command.name(),
      ...command.registeredArguments.map((one) =>
        one.required ? `<${one.name()}>` : `[${one.name()}]`,
      ),
    ].join(' '),
};

/** All commands. Help, completion and the reference page are generated from them. */
export function buildProgram(world: World, version: string): Program {
  let exit: Exit = 'done';
  const program = new Command('hathi')
    .description('Create and operate PostgreSQL clusters whose replication is verified.')
    .version(version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show help')
    .helpCommand(false)
    .addOption(oneOf('-o, --output <format>', 'Format of the output (default: table)', OUTPUTS))
    .option('--json', 'The same as --output json: what the API returns, and no questions')
    .option('-y, --yes', 'Approve plans without a question; destroy and forget need --confirm')
    .option(
      '--url <url>',
      'URL of the server (default: $HATHI_URL, the current context, http://localhost:5000)',
    )
    .option('--context <name>', 'Use the server of this context (see: hathi context list)')
    .option('--no-color', 'Print without colours (also: the variable NO_COLOR)')
    .configureHelp(HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => write(world.stdout, text),
      writeErr: (text) => write(world.stderr, text),
      getOutHelpWidth: () => world.stdout.columns || 80,
      getErrHelpWidth: () => world.stderr.columns || 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(Add --help to any command for its options.)')
    .addHelpText('after', `\n${FIRST_STEPS}\n\n${exitText()}`);
  const definition: Definition = {
    async run(verb) {
      exit = await verb(createCli(world, program.opts()));
    },
  };
  program.commandsGroup('The server:');
  addServerCommands(program as unknown as Command, definition);
  addContextCommands(program as unknown as Command, definition);
  program.commandsGroup('Your clusters:');
  addClusterCommands(program as unknown as Command, definition);
  addOperationCommands(program as unknown as Command, definition);
  addApi(program as unknown as Command, definition);
  program.commandsGroup('Help:');
  addHelp(program as unknown as Command);
  addCompletion(program as unknown as Command, definition);
  return { command: program as unknown as Command, ending: () => exit };
}

const FIRST_STEPS = `A first cluster:
  hathi doctor                          check what is installed
  hathi serve --detach                  start the server
  hathi cluster create orders           review the plan, approve it, and follow the creation
  hathi cluster connect orders          open psql on the primary
  hathi cluster verify orders           verify that it replicates
  hathi cluster destroy orders          destroy it`;

export function exitText(): string {
  const lines = Object.values(EXIT).map(({ code, meaning }) => `  ${code}  ${meaning}`);
  return ['Exit codes:', ...lines].join('\n');
}

function addServerCommands(program: Command, { run }: Definition): void {
  program
    .command('serve')
    .summary('Start the server')
    .description(
      'Start the server in the foreground or in the background. Settings are environment variables: see the configuration reference.',
    )
    .option('-d, --detach', 'Start the server in the background; its log is in the data directory')
    .option('--port <number>', 'Port to listen on (default: $HATHI_PORT, else 5000)')
    .option('--data-directory <path>', 'Data directory (default: $HATHI_DATA_DIR)')
    .addHelpText('after', examples('hathi serve', 'hathi serve --detach --port 5001'))
    .action((options) =>
      run(async (cli) => (await import('./commands/serve.ts')).serve(cli, options)),
    );
  program
    .command('doctor')
    .summary('Check what is installed and what is missing')
    .description(
      'Check every program that Hathi uses: its path, its version, and how to install it. Exits with 1 if the server needs something that is missing.',
    )
    .addHelpText('after', examples('hathi doctor', 'hathi doctor --json'))
    .action(() => run(async (cli) => (await import('./commands/doctor.ts')).doctor(cli)));
  program
    .command('open')
    .summary('Open the start page or the API documentation of the server')
    .description(
      'Print the address of a page of the server, and open it in a browser where there is a desktop.',
    )
    .addArgument(
      program
        .createArgument('[page]', 'The page (default: start)')
        .choices(['start', 'docs'] as const),
    )
    .addHelpText('after', examples('hathi open', 'hathi open docs'))
    .action((page) =>
      run(async (cli) => (await import('./commands/open.ts')).open(cli, page ?? 'start')),
    );
}

/** `help cluster create` shows the help of the last command that it names. */
function addHelp(program: Command): void {
  program
    .command('help')
    .summary('Show help for a command')
    .description('Show help for a command.')
    .argument('[command...]', 'The command, e.g. `cluster create`')
    .action((words) => {
      let command: Command = program;
      for (const word of words) {
        const next = command.commands.find((one) => one.name() === word);
        if (!next) {
          program.error(`error: unknown command '${words.join(' ')}'`, { code: 'unknownCommand' });
        }
        command = next as Command;
      }
      command.outputHelp();
    });
}

function addApi(program: Command, { run }: Definition): void {
  program
    .command('api')
    .summary('Send a request to the API')
    .description(
      'Send a request to the API and print the response, for requests without a command.',
    )
    .argument('<method>', 'GET, POST, PATCH or DELETE')
    .argument('<path>', 'Path of the request')
    .argument('[body]', 'JSON')
    .addHelpText(
      'after',
      examples(
        'hathi api GET /api/v1/clusters',
        `hathi api POST /plan-terraform '{"cluster": "orders"}'`,
      ),
    )
    .action((method, path, body) =>
      run(async (cli) => (await import('./commands/request.ts')).request(cli, method, path, body)),
    );
}

function addCompletion(program: Command, { run }: Definition): void {
  program
    .command('completion')
    .summary('Print the completion script of a shell')
    .description('Print a script that completes commands, options and cluster names.')
    .addArgument(program.createArgument('<shell>', 'The shell').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        'source <(hathi completion bash)                    # in ~/.bashrc',
        'source <(hathi completion zsh)                     # in ~/.zshrc, after compinit',
        'hathi completion fish > ~/.config/fish/completions/hathi.fish',
      ),
    )
    .action((shell) =>
      run(async (cli) => (await import('./commands/completion.ts')).completion(cli, shell)),
    );
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action((words) =>
      run(async (cli) => (await import('./commands/completion.ts')).complete(cli, program, words)),
    );
}
