import type { Command } from '@commander-js/extra-typings';
import type { Cli, Ending } from '../cli.ts';
import type { Shell } from '../shells.ts';
import { write } from '../terminal/terminal-text.ts';

/**
 * Each script calls `hathi __complete`, so that the three shells share the commands of the parser and no
 * list is written twice.
 */
const SCRIPTS: Record<Shell, string> = {
  bash: `_hathi() {
  local IFS=$'\\n'
  COMPREPLY=($(hathi __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _hathi hathi`,
  zsh: `#compdef hathi
_hathi() {
  local -a found
  local line
  for line in "\${(@f)$(hathi __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( $#found )) && _describe hathi found || _files
}
compdef _hathi hathi`,
  fish: `function __hathi_complete
  set -l words (commandline --tokenize --cut-at-cursor --current-process)
  set -l last (commandline --current-token --cut-at-cursor)
  hathi __complete -- $words[2..-1] "$last" 2>/dev/null
end
complete --command hathi --no-files --arguments '(__hathi_complete)'`,
};

/** Prints the script of a shell. */
export async function completion(cli: Cli, shell: Shell): Ending {
  write(cli.world.stdout, `${SCRIPTS[shell]}\n`);
  return 'done';
}

/**
 * Prints the candidates for the last word, each with its description after a tab.
 * @param words the command line so far, without `hathi`; the last one may be empty
 */
export async function complete(cli: Cli, program: Command, words: readonly string[]): Ending {
  const candidates = await candidatesFor(cli, program, words);
  for (const [word, text] of candidates) write(cli.world.stdout, `${word}\t${text}\n`);
  return 'done';
}

type Candidate = readonly [word: string, text: string];

async function candidatesFor(
  cli: Cli,
  program: Command,
  words: readonly string[],
): Promise<Candidate[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  if (before.includes('--')) return [];
  const { command, given } = walk(program, before);
  const option = before.at(-1)?.startsWith('-')
    ? findOption(command, before.at(-1) ?? '')
    : undefined;
  const found =
    option && (option.required || option.optional)
      ? await valuesOf(cli, option.attributeName(), option.argChoices)
      : typed.startsWith('-')
        ? optionsOf(command)
        : command.commands.length > 0
          ? command.commands.filter(isShown).map((one) => [one.name(), one.summary()] as const)
          : await argumentsOf(cli, command, given);
  return found.filter(([word]) => word.startsWith(typed));
}

/** The command that the words lead to, and how many arguments it already has. */
function walk(program: Command, words: readonly string[]): { command: Command; given: number } {
  let command = program;
  let given = 0;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word.startsWith('-')) {
      const option = findOption(command, word);
      if (option && (option.required || option.optional)) index += 1;
      continue;
    }
    const next = command.commands.find((one) => one.name() === word);
    if (next) command = next as Command;
    else given += 1;
  }
  return { command, given };
}

function lineage(command: Command): Command[] {
  return command.parent ? [command, ...lineage(command.parent as unknown as Command)] : [command];
}

function findOption(command: Command, flag: string) {
  return lineage(command)
    .flatMap(({ options }) => options)
    .find(({ long, short }) => long === flag || short === flag);
}

function optionsOf(command: Command): Candidate[] {
  return [
    ...lineage(command)
      .flatMap(({ options }) => options)
      .map(({ long, short, description }) => [long ?? short ?? '', description] as const),
    ['--help', 'Show help'],
  ];
}

async function argumentsOf(cli: Cli, command: Command, given: number): Promise<Candidate[]> {
  const argument = command.registeredArguments[given];
  if (argument === undefined) return [];
  if (command.name() === 'create') return [];
  return await valuesOf(cli, argument.name(), argument.argChoices);
}

async function valuesOf(
  cli: Cli,
  name: string,
  choices: readonly string[] | undefined,
): Promise<Candidate[]> {
  if (choices) return choices.map((word) => [word, ''] as const);
  if (name === 'context') return await contextNames(cli);
  if (name !== 'name' && name !== 'cluster' && name !== 'confirm') return [];
  return await clusterNames(cli);
}

async function contextNames(cli: Cli): Promise<Candidate[]> {
  try {
    const { readContexts } = await import('../client/contexts.ts');
    const { contexts } = readContexts(cli.world.environment);
    return Object.entries(contexts).map(([name, { url }]) => [name, url] as const);
  } catch {
    return [];
  }
}

/** Empty without a server: a message would break the line that is being typed. */
async function clusterNames(cli: Cli): Promise<Candidate[]> {
  try {
    const { apiOf } = await import('../client/api.ts');
    const clusters = await apiOf(cli).clusters();
    return clusters.map(({ name, status }) => [name, status] as const);
  } catch {
    return [];
  }
}

function isShown(command: { name(): string }): boolean {
  return !command.name().startsWith('_');
}
