import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from '../render/failure.ts';
import { assertPrivate, type Environment } from './private-file.ts';

/** A server that the user has named. It holds where the token is, never the token. */
export interface Context {
  url: string;
  /** Absolute path of a file that contains the token. */
  token_file?: string;
  /** Environment variable that contains the token. */
  token_variable?: string;
}

export interface Contexts {
  /** null: no context is in use. */
  current: string | null;
  contexts: Record<string, Context>;
}

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** The user's directory for the settings of this program. */
export function settingsDirectory(environment: Environment): string {
  const home = environment.HOME || homedir();
  return join(environment.XDG_CONFIG_HOME || join(home, '.config'), 'hathi');
}

export function contextsPath(environment: Environment): string {
  return join(settingsDirectory(environment), 'contexts.json');
}

/** @throws CliError (usage) for a file that cannot be read, or that other users can read */
export function readContexts(environment: Environment): Contexts {
  const path = contextsPath(environment);
  let text: string;
  try {
    assertPrivate(path, 'the contexts');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    // Without a home directory there is none either.
    if (code === 'ENOENT' || code === 'ENOTDIR') return { current: null, contexts: {} };
    throw new CliError('usage', `${path} cannot be read: ${code}.`);
  }
  const found = parsed(text);
  if (found) return found;
  throw new CliError('usage', `${path} is not a file of contexts.`, {
    hints: ['Move it away, then create the contexts again: hathi context set'],
  });
}

/** Replaces the file as a whole, so that a crash leaves the old or the new one. */
export function writeContexts(environment: Environment, contexts: Contexts): void {
  const path = contextsPath(environment);
  mkdirSync(dirname(path), { recursive: true, mode: PRIVATE_DIRECTORY });
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, `${JSON.stringify(contexts, null, 2)}\n`, { mode: PRIVATE_FILE });
  // The mode above has no effect on a file that an earlier process left behind.
  chmodSync(beside, PRIVATE_FILE);
  renameSync(beside, path);
}

/** @throws CliError (notFound) */
export function contextNamed({ contexts }: Contexts, name: string): Context {
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context) return context;
  throw new CliError('notFound', `There is no context ${name}.`, {
    hints: ['List the contexts: hathi context list'],
  });
}

function parsed(text: string): Contexts | null {
  let value: Partial<Contexts> | null;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { current = null, contexts } = value ?? {};
  if (typeof contexts !== 'object' || contexts === null) return null;
  if (!Object.values(contexts).every(isContext)) return null;
  return typeof current === 'string' || current === null ? { current, contexts } : null;
}

function isContext(value: Partial<Context> | null): boolean {
  const { url, token_file: file, token_variable: variable } = value ?? {};
  return (
    typeof url === 'string' &&
    [file, variable].every((one) => one === undefined || typeof one === 'string')
  );
}
