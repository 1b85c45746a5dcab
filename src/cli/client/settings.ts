import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../render/failure.ts';
import { type Context, contextNamed, readContexts, settingsDirectory } from './contexts.ts';
import { assertPrivate, type Environment } from './private-file.ts';

/**
 * What the command line, as a client, takes from its environment. Separate from config.ts, whose
 * schemas would cost every command more time than the rest of its start.
 */
export interface ClientSettings {
  /** URL of the server, without a slash at the end. */
  url: string;
  token: string | null;
}

const DEFAULT_PORT = '5000';

/** Every variable that a client reads, as the reference prints it. */
export const CLIENT_SETTINGS = {
  HATHI_URL: {
    default: `the current context, otherwise \`http://localhost:${DEFAULT_PORT}\``,
    description: 'URL of the server. `--url` takes precedence.',
  },
  HATHI_TOKEN: {
    default: 'none',
    description: 'Bearer token for the server. Takes precedence over every file and context.',
  },
  HATHI_TOKEN_FILE: {
    default: '`~/.config/hathi/token`, if it exists and no context is used',
    description: 'File that contains the token, readable by you alone (mode 0600).',
  },
  XDG_CONFIG_HOME: {
    default: '`~/.config`',
    description: 'Directory in which `hathi/contexts.json` and `hathi/token` are.',
  },
  NO_COLOR: { default: 'none', description: 'Any value: no colours, as with `--no-color`.' },
} as const;

/**
 * An address from `--url` or a variable takes precedence over the current context, and is then used
 * without that context's token: it would be sent to another server.
 * @param options values of `--url` and `--context`
 * @throws CliError (usage) for a URL, a context or a token file that cannot be used
 */
export function readClientSettings(
  environment: Environment,
  options: { url?: string | undefined; context?: string | undefined } = {},
): ClientSettings {
  if (options.url !== undefined && options.context !== undefined) {
    throw new CliError('usage', 'Both --url and --context name a server; give one of them.');
  }
  const named =
    options.context === undefined ? null : contextNamed(readContexts(environment), options.context);
  const given = named
    ? undefined
    : (options.url ?? (environment.HATHI_URL || portUrl(environment)));
  const context = named ?? (given === undefined ? currentContext(environment) : null);
  return {
    url: serverUrl(given ?? context?.url ?? `http://localhost:${DEFAULT_PORT}`),
    token: tokenOf(environment, context),
  };
}

/** @returns the URL without a slash at its end @throws CliError (usage) */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CliError(
      'usage',
      `${text} is not the URL of a server; it should be like http://localhost:5000.`,
    );
  }
  // Not repeated in the message: it contains a password.
  if (url.username || url.password) {
    throw new CliError('usage', 'The URL of a server contains no user name and no password.', {
      hints: ['Set HATHI_TOKEN, or HATHI_TOKEN_FILE, to the token of the server.'],
    });
  }
  return text.replace(/(?<!\/)\/+$/, '');
}

function portUrl({ HATHI_PORT: port }: Environment): string | undefined {
  return port ? `http://localhost:${port}` : undefined;
}

function currentContext(environment: Environment): Context | null {
  const found = readContexts(environment);
  return found.current === null ? null : contextNamed(found, found.current);
}

function tokenOf(environment: Environment, context: Context | null): string | null {
  if (environment.HATHI_TOKEN) return environment.HATHI_TOKEN;
  if (environment.HATHI_TOKEN_FILE) return tokenIn(environment.HATHI_TOKEN_FILE);
  if (context === null) return tokenIn(join(settingsDirectory(environment), 'token'), true);
  if (context.token_file) return tokenIn(context.token_file);
  const { token_variable: variable } = context;
  if (!variable) return null;
  const token = environment[variable];
  if (token) return token;
  throw new CliError('usage', `The context takes its token from ${variable}; it is empty.`);
}

/** @param optional whether the file may be absent */
function tokenIn(path: string, optional = false): string | null {
  try {
    assertPrivate(path, 'the token');
    return readFileSync(path, 'utf8').trim() || null;
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (optional) return null;
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError('usage', `The token file ${path} cannot be read: ${code}.`);
  }
}
