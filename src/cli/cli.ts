import { EXIT, type Exit } from './exit-codes.ts';
import { CliError } from './failure.ts';
import { type ClientSettings, readClientSettings } from './settings.ts';
import { canAsk, type Manner, mannerOf, type World } from './terminal.ts';
import { wrap, write } from './terminal-text.ts';
import { whileWaiting } from './waiting.ts';

export const OUTPUTS = ['table', 'json', 'name'] as const;

/** Options that every command has. */
export interface GlobalOptions {
  output?: (typeof OUTPUTS)[number] | undefined;
  json?: true | undefined;
  yes?: true | undefined;
  url?: string | undefined;
  color: boolean;
}

/** What a command is given: its streams, how to speak on them, and the server's address. */
export interface Cli {
  world: World;
  manner: Manner;
  /**
   * Read at the first use: a command that sends no request works with settings that cannot be used.
   * @throws CliError (usage)
   */
  readonly settings: ClientSettings;
  /** Answers are one JSON document (or one a line), as the API gave them; nothing else is said. */
  json: boolean;
  /** Every question counts as answered by yes. */
  yes: boolean;
  /** Whether somebody can be asked. */
  interactive: boolean;
  /** Tells a person; silent with `--json`. */
  say(text: string): void;
  /** Prints at once what is waited for, then how long, on stdout; silent with `--json`. */
  waiting<T>(what: string, work: Promise<T>): Promise<T>;
  /** The same on stderr, and only where it takes longer than two seconds. */
  patiently<T>(what: string, work: Promise<T>): Promise<T>;
  /**
   * Prints the result: the document with `--json`, the names with `--output name`, otherwise the text.
   * @throws CliError (usage) for names of a result without names
   */
  answer(document: unknown, text: () => string, names?: readonly string[]): void;
}

export function createCli(world: World, options: GlobalOptions): Cli {
  const json = options.json === true || options.output === 'json';
  const { stdout: out, stderr } = world;
  const manner = mannerOf(out, world.environment, options.color);
  const print = (text: string): void => {
    write(out, `${json ? text : wrap(text, manner.columns)}\n`);
  };
  let settings: ClientSettings | undefined;
  return {
    waiting: (what, work) =>
      json ? work : whileWaiting({ out, manner, what, atOnce: true }, work),
    patiently: (what, work) =>
      json
        ? work
        : whileWaiting({ out: stderr, manner: mannerOf(stderr, world.environment), what }, work),
    world,
    manner,
    get settings() {
      settings ??= readClientSettings(world.environment, options.url);
      return settings;
    },
    json,
    yes: options.yes === true,
    interactive: canAsk(world) && !json,
    say: (text) => {
      if (!json) print(text);
    },
    answer(document, text, names) {
      if (json) return print(JSON.stringify(document, null, 2));
      if (options.output !== 'name') return print(text());
      if (!names) throw new CliError('usage', 'This command has no output of names.');
      if (names.length > 0) print(names.join('\n'));
    },
  };
}

/** Every command ends as one of these. */
export type Ending = Promise<Exit>;

export function codeOf(exit: Exit): number {
  return EXIT[exit].code;
}

/** What a group of commands needs to be defined: its verbs are loaded only when they are run. */
export interface Definition {
  /** For an action: takes the command line as it is by then. */
  run(verb: (cli: Cli) => Ending): Promise<void>;
}
