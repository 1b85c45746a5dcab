import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from './failure.ts';

/**
 * What the command line, as a client, takes from its environment. Apart from config.ts, whose
 * schemas would cost every command more time than all the rest of its start.
 */
export interface ClientSettings {
  /** Where the server is, without a slash at the end. */
  url: string;
  token: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = '5000';
const OTHERS_MAY_READ = 0o077;

/** Every variable that a client reads, as the reference prints it. */
export const CLIENT_SETTINGS = {
  HATHI_URL: {
    default: `\`http://localhost:${DEFAULT_PORT}\``,
    description: 'Where the server is; `--url` goes before it.',
  },
  HATHI_TOKEN: { default: 'none', description: 'Bearer token that the server asks for.' },
  HATHI_TOKEN_FILE: {
    default: '`~/.config/hathi/token`, if it is there',
    description: 'File that holds the token, readable by you alone (mode 0600).',
  },
  NO_COLOR: { default: 'none', description: 'Any value: no colours, as with `--no-color`.' },
} as const;

/**
 * @param url as `--url` gave it
 * @throws CliError (usage) for a URL or a token file that cannot be used
 */
export function readClientSettings(environment: Environment, url?: string): ClientSettings {
  const given = url ?? (environment.HATHI_URL || defaultUrl(environment));
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new CliError(
      'usage',
      `${given} is not the URL of a server; it should be like http://localhost:5000.`,
    );
  }
  return { url: given.replace(/(?<!\/)\/+$/, ''), token: tokenOf(environment) };
}

function defaultUrl(environment: Environment): string {
  return `http://localhost:${environment.HATHI_PORT || DEFAULT_PORT}`;
}

function tokenOf(environment: Environment): string | null {
  if (environment.HATHI_TOKEN) return environment.HATHI_TOKEN;
  const home = environment.HOME || homedir();
  const configured = environment.XDG_CONFIG_HOME || join(home, '.config');
  const path = environment.HATHI_TOKEN_FILE || join(configured, 'hathi', 'token');
  let text: string;
  try {
    if ((statSync(path).mode & OTHERS_MAY_READ) !== 0) {
      throw new CliError('usage', `Others can read the token in ${path}. Run: chmod 600 ${path}`);
    }
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (!environment.HATHI_TOKEN_FILE) return null;
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError('usage', `HATHI_TOKEN_FILE names ${path}, which cannot be read: ${code}.`);
  }
  return text === '' ? null : text;
}
