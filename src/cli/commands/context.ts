import { resolve } from 'node:path';
import type { Cli, Ending } from '../cli.ts';
import { type Context, contextNamed, readContexts, writeContexts } from '../client/contexts.ts';
import { serverUrl } from '../client/settings.ts';
import { CliError } from '../render/failure.ts';
import { table } from '../render/table.ts';

export async function listContexts(cli: Cli): Ending {
  const found = readContexts(cli.world.environment);
  const entries = Object.entries(found.contexts).sort(([one], [other]) => one.localeCompare(other));
  const text = () => {
    if (entries.length === 0) {
      return 'There are no contexts. Create one: hathi context set office https://hathi.example.com';
    }
    const rows = entries.map(([name, context]) => [
      name === found.current ? '*' : '',
      name,
      context.url,
      tokenText(context),
    ]);
    return table(['', 'name', 'server', 'token'], rows, cli.manner);
  };
  const names = entries.map(([name]) => name);
  cli.printResult(found, text, names);
  return 'done';
}

export interface SetContextOptions {
  tokenFile?: string | undefined;
  tokenVariable?: string | undefined;
}

export async function setContext(
  cli: Cli,
  name: string,
  url: string,
  { tokenFile, tokenVariable }: SetContextOptions,
): Ending {
  assertName(name);
  if (tokenFile !== undefined && tokenVariable !== undefined) {
    throw new CliError('usage', '--token-file and --token-variable exclude each other.');
  }
  const { environment } = cli.world;
  const { current, contexts } = readContexts(environment);
  const context: Context = {
    url: serverUrl(url),
    ...(tokenFile === undefined ? {} : { token_file: resolve(tokenFile) }),
    ...(tokenVariable === undefined ? {} : { token_variable: tokenVariable }),
  };
  const changed = { current: current ?? name, contexts: { ...contexts, [name]: context } };
  writeContexts(environment, changed);
  cli.printResult(
    { name, ...context },
    () =>
      changed.current === name
        ? `Context ${name} is set, and it is the current one.`
        : `Context ${name} is set. Use it: hathi context use ${name}`,
    [name],
  );
  return 'done';
}

export async function useContext(cli: Cli, name: string): Ending {
  const { environment } = cli.world;
  const found = readContexts(environment);
  const context = contextNamed(found, name);
  writeContexts(environment, { ...found, current: name });
  const overrides = ['HATHI_URL', 'HATHI_PORT'].filter((variable) => environment[variable]);
  cli.printResult(
    { name, ...context },
    () =>
      [
        `Commands now use ${context.url}.`,
        ...overrides.map((variable) => `But ${variable} is set, and takes precedence.`),
      ].join('\n'),
    [name],
  );
  return 'done';
}

export async function removeContext(cli: Cli, name: string): Ending {
  const { environment } = cli.world;
  const found = readContexts(environment);
  const removed = contextNamed(found, name);
  const { [name]: _removed, ...contexts } = found.contexts;
  writeContexts(environment, {
    current: found.current === name ? null : found.current,
    contexts,
  });
  cli.printResult({ name, ...removed }, () => `Context ${name} is removed.`, [name]);
  return 'done';
}

/** No name that a member of every object has, e.g. `__proto__`, matches. */
const NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;

function assertName(name: string): void {
  if (NAME.test(name)) return;
  throw new CliError(
    'usage',
    `${name} is not the name of a context: lowercase letters, digits, dots and hyphens.`,
  );
}

function tokenText({ token_file: file, token_variable: variable }: Context): string {
  if (file) return `in the file ${file}`;
  return variable ? `in the variable ${variable}` : '-';
}
