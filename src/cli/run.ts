import { CommanderError } from '@commander-js/extra-typings';
import { codeOf } from './cli.ts';
import { processEnvironment } from './client/environment.ts';
import { buildProgram } from './program.ts';
import { CliError } from './render/failure.ts';
import { mannerOf, type World } from './terminal/terminal.ts';
import { wrap, write } from './terminal/terminal-text.ts';

/** @returns an exit code of exit-codes.ts */
export async function runCommandLine(
  words: readonly string[],
  version: string,
  world: World = processWorld(),
): Promise<number> {
  // A reader that closes the pipe, e.g. `head`, is not a failure. The event may follow the last write, so the
  // listener stays.
  world.stdout.on('error', ignoreClosedPipe);
  try {
    const program = buildProgram(world, version);
    if (words.length === 0) {
      program.command.outputHelp();
      return codeOf('done');
    }
    await program.command.parseAsync(words, { from: 'user' });
    return codeOf(program.ending());
  } catch (error) {
    return failed(error, words, world);
  }
}

function processWorld(): World {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: processEnvironment(),
  };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** Whether JSON is requested, also where the command line cannot be parsed. */
function wantsJson(words: readonly string[]): boolean {
  const given = words.join(' ');
  return words.includes('--json') || /(^| )(-o ?|--output[ =])json( |$)/.test(given);
}

/** Prints the error in one sentence. Commander has already printed its errors. */
function failed(error: unknown, words: readonly string[], world: World): number {
  if (error instanceof CommanderError) return codeOf(error.exitCode === 0 ? 'done' : 'usage');
  const json = wantsJson(words);
  const colour = !words.includes('--no-color');
  const { style, columns } = mannerOf(world.stderr, world.environment, colour);
  if (error instanceof CliError) {
    if (json) {
      const { problem, message, exit, hints } = error;
      const document = { exit_code: codeOf(exit), ...(problem ?? { detail: message }), hints };
      write(world.stderr, `${JSON.stringify(document, null, 2)}\n`);
    } else {
      const lines = [style('red', error.message), ...error.hints.map((hint) => `  ${hint}`)];
      write(world.stderr, `${wrap(lines.join('\n'), columns)}\n`);
    }
    return codeOf(error.exit);
  }
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
  const code = (error as { code?: unknown } | null)?.code;
  write(
    world.stderr,
    json
      ? `${JSON.stringify({ exit_code: codeOf('failed'), detail: message }, null, 2)}\n`
      : `${style('red', typeof code === 'string' && !message.startsWith(code) ? `${code}: ${message}` : message)}\n`,
  );
  return codeOf('failed');
}
