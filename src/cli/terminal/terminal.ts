import { createInterface } from 'node:readline/promises';
import { inspect } from 'node:util';
import { CliError } from '../render/failure.ts';
import { control, forTerminal, write } from './terminal-text.ts';

export type StyleName = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';
export type Style = (name: StyleName, text: string) => string;

/** The streams and the environment of a command. */
export interface World {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  environment: Readonly<Record<string, string | undefined>>;
}

/** Format of the output on a stream. */
export interface Manner {
  /** Whether lines can be redrawn. */
  live: boolean;
  style: Style;
  /** Width of the terminal in characters; null where the stream is not a terminal. */
  columns: number | null;
}

/** @param colour false after `--no-color` @see https://no-color.org */
export function mannerOf(
  out: { isTTY?: boolean; columns?: number },
  environment: World['environment'],
  colour = true,
): Manner {
  const live = out.isTTY === true && !environment.CI && environment.TERM !== 'dumb';
  const coloured = live && colour && !environment.NO_COLOR;
  return {
    live,
    style: (name, text) => (coloured ? styled(name, text) : text),
    columns: (out.isTTY === true && out.columns) || null,
  };
}

function styled(name: StyleName, text: string): string {
  const [on, off] = inspect.colors[name] ?? [0, 0];
  return `${control(`\u001b[${on}m`)}${text}${control(`\u001b[${off}m`)}`;
}

/** Whether a prompt is possible: input and output are a terminal. */
export function canPrompt({ stdin, stdout }: World): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

/**
 * Asks on the terminal.
 * @throws CliError (declined) at Ctrl-C or the end of input
 */
export async function ask({ stdin, stdout }: World, question: string): Promise<string> {
  const reader = createInterface({ input: stdin, output: stdout });
  const ended = Promise.withResolvers<never>();
  const decline = () => ended.reject(new CliError('declined', 'The question was cancelled.'));
  reader.once('SIGINT', () => {
    // The message of the error belongs on a line of its own, not behind the question.
    write(stdout, '\n');
    decline();
  });
  reader.once('close', decline);
  try {
    return (await Promise.race([reader.question(forTerminal(question)), ended.promise])).trim();
  } finally {
    reader.off('close', decline);
    ended.promise.catch(() => {});
    reader.close();
  }
}

/** Repeats the question until the input is one of `answers`, or its first letter. */
export async function choose<const Answer extends string>(
  world: World,
  question: string,
  answers: readonly Answer[],
  fallback: Answer,
): Promise<Answer> {
  const shown = answers
    .map((answer) => `${answer === fallback ? answer[0]?.toUpperCase() : answer[0]}`)
    .join('/');
  for (;;) {
    const text = (await ask(world, `${question} [${shown}] `)).toLowerCase();
    if (text === '') return fallback;
    const chosen = answers.find((answer) => answer === text || answer[0] === text);
    if (chosen) return chosen;
    write(world.stdout, `Type one of: ${answers.join(', ')}.\n`);
  }
}
