/** The page of the command line, from the parser's own definition. */
import { PassThrough } from 'node:stream';
import type { Command } from '@commander-js/extra-typings';
import { CLIENT_SETTINGS } from '../src/cli/client/settings.ts';
import { EXIT } from '../src/cli/exit-codes.ts';
import { buildProgram } from '../src/cli/program.ts';
import type { World } from '../src/cli/terminal/terminal.ts';

/** Blocks of the page, without its title. */
export function commandLineBlocks(): string[] {
  const stream = new PassThrough();
  const world = { stdin: stream, stdout: stream, stderr: stream, environment: {} };
  const { command } = buildProgram(world as unknown as World, '');
  return [
    'In a checkout, run `./hathi`. The command line is a client of a running server, which `hathi serve` starts. On a terminal, it requests a confirmation before important changes. Elsewhere, it prints plain lines and requests nothing. A missing confirmation is then a usage error that names the required option. `hathi --help`, and `--help` after any command, print the content of this page.',
    ['## Exit codes', '', '| code | meaning |', '| --- | --- |', ...exitRows()].join('\n'),
    [
      '## Variables',
      '',
      '| variable | default | description |',
      '| --- | --- | --- |',
      ...variableRows(),
    ].join('\n'),
    ['## Options of every command', '', ...optionRows(command)].join('\n'),
    'With `--json`, the output is the response of the API, as one document on standard output. `watch` prints one event per line. An error is a document on standard error, with `exit_code`, `hints` and the members of the [error](errors.md) of the API.',
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
