import { EXIT, type Exit } from './exit-codes.ts';
import { type ClientSettings, readClientSettings } from './settings.ts';
import { canAsk, type Manner, mannerOf, type World } from './terminal.ts';
import { write } from './terminal-text.ts';
import { whileWaiting } from './waiting.ts';

/** Options that every command has. */
export interface GlobalOptions {
  json?: true | undefined;
  yes?: true | undefined;
  url?: string | undefined;
  color: boolean;
}

/** What a command is given: its streams, how to speak on them, and the server's address. */
export interface Cli {
  world: World;
  manner: Manner;
  settings: ClientSettings;
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
  /** The answer itself: the document with `--json`, else the text. */
  answer(document: unknown, text: () => string): void;
}

/** @throws CliError (usage) */
export function createCli(world: World, options: GlobalOptions): Cli {
  const json = options.json === true;
  const print = (text: string): void => {
    write(world.stdout, `${text}\n`);
  };
  const { stdout: out, stderr } = world;
  return {
    waiting: (what, work) =>
      json
        ? work
        : whileWaiting({ out, manner: mannerOf(out, world.environment), what, atOnce: true }, work),
    patiently: (what, work) =>
      json
        ? work
        : whileWaiting({ out: stderr, manner: mannerOf(stderr, world.environment), what }, work),
    world,
    manner: mannerOf(world.stdout, world.environment, options.color),
    settings: readClientSettings(world.environment, options.url),
    json,
    yes: options.yes === true,
    interactive: canAsk(world) && !json,
    say: (text) => {
      if (!json) print(text);
    },
    answer: (document, text) => print(json ? JSON.stringify(document, null, 2) : text()),
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
