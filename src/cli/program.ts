import { Command } from '@commander-js/extra-typings';
import { createCli, type Definition } from './cli.ts';
import { addClusterCommands } from './cluster-commands.ts';
import { EXIT, type Exit } from './exit-codes.ts';
import { addOperationCommands } from './operation-commands.ts';
import { SHELLS } from './shells.ts';
import type { World } from './terminal.ts';
import { write } from './terminal-text.ts';
import { examples } from './values.ts';

export interface Program {
  command: Command;
  /** How the command ended that was run. */
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

/** The whole command line. Help, completion and the reference page are made from it. */
export function buildProgram(world: World, version: string): Program {
  let exit: Exit = 'done';
  const program = new Command('hathi')
    .description('PostgreSQL clusters: planned, made, and proven to replicate.')
    .version(version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show help')
    .helpCommand('help [command]', 'Show help for a command')
    .option('--json', 'Answer in JSON, as the API gives it, and ask nothing')
    .option(
      '-y, --yes',
      'Approve plans without a question; destroy and forget still need --confirm',
    )
    .option('--url <url>', 'Where the server is (default: $HATHI_URL, else http://localhost:5000)')
    .option('--no-color', 'No colours (also: the variable NO_COLOR)')
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
    .showHelpAfterError('(hathi --help, or --help after any command, says more)')
    .addHelpText('after', `\n${FIRST_STEPS}\n\n${exitText()}`);
  const definition: Definition = {
    async run(verb) {
      exit = await verb(createCli(world, program.opts()));
    },
  };
  program.commandsGroup('The server:');
  addServerCommands(program as unknown as Command, definition);
  program.commandsGroup('Your clusters:');
  addClusterCommands(program as unknown as Command, definition);
  addOperationCommands(program as unknown as Command, definition);
  addApi(program as unknown as Command, definition);
  program.commandsGroup('Help:');
  addCompletion(program as unknown as Command, definition);
  return { command: program as unknown as Command, ending: () => exit };
}

const FIRST_STEPS = `A first cluster:
  hathi doctor                          see that everything is there
  hathi serve --detach                  start the server
  hathi cluster create orders           review its plan, say yes, and watch it come up
  hathi cluster connect orders          open psql on its primary
  hathi cluster verify orders           prove that it replicates
  hathi cluster destroy orders          remove it again`;

export function exitText(): string {
  const lines = Object.values(EXIT).map(({ code, meaning }) => `  ${code}  ${meaning}`);
  return ['Exit codes:', ...lines].join('\n');
}

function addServerCommands(program: Command, { run }: Definition): void {
  program
    .command('serve')
    .summary('Start the server')
    .description(
      'Start the server, here until Ctrl-C, or in the background. Its settings are variables of the environment; see the reference of the configuration.',
    )
    .option('-d, --detach', 'Start it in the background, with its log in the data directory')
    .option('--port <number>', 'Port to listen on (default: $HATHI_PORT, else 5000)')
    .option('--data-directory <path>', 'Where it keeps everything (default: $HATHI_DATA_DIR)')
    .addHelpText('after', examples('hathi serve', 'hathi serve --detach --port 5001'))
    .action((options) => run(async (cli) => (await import('./serve.ts')).serve(cli, options)));
  program
    .command('doctor')
    .summary('Say what is installed, what is missing, and how to get it')
    .description(
      'Look for everything that Hathi uses: where it is, which version, and how to get what is missing. Exits with 1 when something is missing that the server needs.',
    )
    .addHelpText('after', examples('hathi doctor', 'hathi doctor --json'))
    .action(() => run(async (cli) => (await import('./doctor.ts')).doctor(cli)));
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
      run(async (cli) => (await import('./request.ts')).request(cli, method, path, body)),
    );
}

function addCompletion(program: Command, { run }: Definition): void {
  program
    .command('completion')
    .summary('Print the completion script of a shell')
    .description('Print a script that completes commands, options and the names of clusters.')
    .addArgument(program.createArgument('<shell>', 'The shell to make it for').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        'source <(hathi completion bash)                    # in ~/.bashrc',
        'source <(hathi completion zsh)                     # in ~/.zshrc, after compinit',
        'hathi completion fish > ~/.config/fish/completions/hathi.fish',
      ),
    )
    .action((shell) =>
      run(async (cli) => (await import('./completion.ts')).completion(cli, shell)),
    );
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action((words) =>
      run(async (cli) => (await import('./completion.ts')).complete(cli, program, words)),
    );
}
