import { type ClientSettings, readClientSettings } from './client/settings.ts';
import { EXIT, type Exit } from './exit-codes.ts';
import { CliError } from './render/failure.ts';
import { canPrompt, type Manner, mannerOf, type World } from './terminal/terminal.ts';
import { wrap, write } from './terminal/terminal-text.ts';
import { whileWaiting } from './terminal/waiting.ts';

export const OUTPUTS = ['table', 'json', 'name'] as const;

/** Options that every command has. */
export interface GlobalOptions {
  output?: (typeof OUTPUTS)[number] | undefined;
  json?: true | undefined;
  yes?: true | undefined;
  url?: string | undefined;
  context?: string | undefined;
  color: boolean;
}

/** Input of a command: its streams, their format, and the server's address. */
export interface Cli {
  world: World;
  manner: Manner;
  /**
   * Read at the first use: a command that sends no request works with settings that cannot be used.
   * @throws CliError (usage)
   */
  readonly settings: ClientSettings;
  /** The output is only what the API returned: one JSON document, or one on each line. */
  json: boolean;
  /** Plans are approved without a question. */
  yes: boolean;
  /** Whether questions are possible: on a terminal, without `--json`. */
  interactive: boolean;
  /** Prints a text; prints nothing with `--json`. */
  print(text: string): void;
  /** Prints immediately what the command waits for, then for how long, on stdout; nothing with `--json`. */
  waiting<T>(what: string, work: Promise<T>): Promise<T>;
  /** The same on stderr, and only where it takes longer than two seconds. */
  waitingQuietly<T>(what: string, work: Promise<T>): Promise<T>;
  /**
   * Prints the result: the document with `--json`, the names with `--output name`, otherwise the text.
   * @throws CliError (usage) for names of a result without names
   */
  printResult(document: unknown, text: () => string, names?: readonly string[]): void;
}

export function createCli(world: World, options: GlobalOptions): Cli {
  const json = options.json === true || options.output === 'json';
  const { stdout: out, stderr } = world;
  const manner = mannerOf(out, world.environment, options.color);
  const writeText = (text: string): void => {
    write(out, `${json ? text : wrap(text, manner.columns)}\n`);
  };
  let settings: ClientSettings | undefined;
  return {
    waiting: (what, work) =>
      json ? work : whileWaiting({ out, manner, what, atOnce: true }, work),
    waitingQuietly: (what, work) =>
      json
        ? work
        : whileWaiting({ out: stderr, manner: mannerOf(stderr, world.environment), what }, work),
    world,
    manner,
    get settings() {
      settings ??= readClientSettings(world.environment, options);
      return settings;
    },
    json,
    yes: options.yes === true,
    interactive: canPrompt(world) && !json,
    print: (text) => {
      if (!json) writeText(text);
    },
    printResult(document, text, names) {
      if (json) return writeText(JSON.stringify(document, null, 2));
      if (options.output !== 'name') return writeText(text());
      if (!names) throw new CliError('usage', 'This command has no output of names.');
      if (names.length > 0) writeText(names.join('\n'));
    },
  };
}

/** Every command ends as one of these. */
export type Ending = Promise<Exit>;

export function codeOf(exit: Exit): number {
  return EXIT[exit].code;
}

/** Input of the definition of a group of commands. A verb is loaded only when it is run. */
export interface Definition {
  /** Runs a verb with the parsed command line. */
  run(verb: (cli: Cli) => Ending): Promise<void>;
}
