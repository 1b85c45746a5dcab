/** The page of the command line, from the parser's own definition. */
import { PassThrough } from 'node:stream';
import type { Command } from '@commander-js/extra-typings';
import { EXIT } from '../src/cli/exit-codes.ts';
import { buildProgram } from '../src/cli/program.ts';
import { CLIENT_SETTINGS } from '../src/cli/settings.ts';
import type { World } from '../src/cli/terminal.ts';

/** Blocks of the page, without its title. */
export function commandLineBlocks(): string[] {
  const stream = new PassThrough();
  const world = { stdin: stream, stdout: stream, stderr: stream, environment: {} };
  const { command } = buildProgram(world as unknown as World, '');
  return [
    'In a checkout it is `./hathi`. It speaks to a running server and to nothing else; `serve` starts one. On a terminal it asks before it changes anything that matters. Elsewhere it prints plain lines and asks nothing: an answer that is needed and was not given by an option is a usage error that names the option. `hathi --help`, and `--help` after any command, say what this page says.',
    ['## Exit codes', '', '| code | meaning |', '| --- | --- |', ...exitRows()].join('\n'),
    [
      '## Variables',
      '',
      '| variable | default | what it sets |',
      '| --- | --- | --- |',
      ...variableRows(),
    ].join('\n'),
    ['## Options of every command', '', ...optionRows(command)].join('\n'),
    'With `--json` the answer is what the API answers, as one document on standard output; `watch` prints one event a line. An error is a document on standard error: `exit_code`, `hints`, and what the API said, see [errors](errors.md).',
    ...leaves(command).map(section),
  ];
}

function exitRows(): string[] {
  return Object.values(EXIT).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
}

function variableRows(): string[] {
  return Object.entries(CLIENT_SETTINGS).map(
    ([name, setting]) => `| \`${name}\` | ${setting.default} | ${setting.description} |`,
  );
}

/** Every command that does something, in the order of the help. */
function leaves(command: Command): Command[] {
  const shown = command.commands.filter((one) => !one.name().startsWith('_')) as Command[];
  return shown.length === 0 ? [command] : shown.flatMap(leaves);
}

function section(command: Command): string {
  const help = command.createHelp();
  const rows = [
    ...command.registeredArguments.map((one) => `| \`${one.name()}\` | ${cell(one.description)} |`),
    ...command.options.map((one) => `| \`${one.flags}\` | ${cell(help.optionDescription(one))} |`),
  ];
  return [
    `## ${pathOf(command)}`,
    '',
    command.description(),
    '',
    '```sh',
    ...examplesOf(command),
    '```',
    ...(rows.length === 0
      ? []
      : ['', '| argument or option | what it is |', '| --- | --- |', ...rows]),
  ].join('\n');
}

function optionRows(command: Command): string[] {
  const rows = command.options.map((one) => `| \`${one.flags}\` | ${cell(one.description)} |`);
  return ['| option | what it does |', '| --- | --- |', ...rows];
}

function pathOf(command: Command): string {
  const parent = command.parent as unknown as Command | null;
  return parent ? `${pathOf(parent)} ${command.name()}` : command.name();
}

/** The help's own examples: what is written below its options. */
function examplesOf(command: Command): string[] {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  const lines = text.split('Examples:\n')[1]?.split('\n') ?? [];
  return lines.map((line) => line.trim()).filter(Boolean);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
