// Longer than other files: one table of every setting, from which the reference page is made.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import querystring from 'node:querystring';
import { z } from 'zod';
import { canonicalCidr } from './core/cidr.ts';
import { HathiError } from './core/errors.ts';
import { type Environment, toolEnvironmentOf } from './environment.ts';
import {
  DEFAULT_TARGET,
  readTargetConfiguration,
  TARGET_CONTRACTS,
  TARGET_VARIABLES,
  type TargetConfiguration,
} from './targets/configuration.ts';

/** Every setting of the server from its environment. Only this file reads `process.env`. */
export interface Config {
  /** Host to listen on; `localhost` means both loopback addresses. */
  host: string;
  port: number;
  /** The bearer token that every caller needs; null if local callers need none. */
  token: string | null;
  /** Allowed host names in addition to loopback. */
  allowedHosts: string[];
  /** Local users that may call without a token. */
  localCallers: LocalCallersPolicy;
  /** Absolute. */
  dataDirectory: string;
  /** null: the embedded database in the data directory. */
  databaseUrl: string | null;
  /** Target of a cluster whose request names none. */
  target: string;
  /** Master keys in Base64, one or more; null: the file in the data directory. */
  masterKey: string | null;
  /** Absolute path; null to search for `terraform`, then `tofu`. */
  terraformPath: string | null;
  /** Absolute path; null if the user gave no file. */
  terraformCliConfigPath: string | null;
  /** Settings of each target, by its name. */
  targets: TargetConfiguration;
  /** Maximum time until SSH opens on a machine. */
  nodeReadySeconds: number;
  /** Absolute path; null to search for it. */
  ansiblePlaybookPath: string | null;
  logLevel: LogLevel;
  /** Operations that run at one time. */
  workers: number;
  /** Time without a renewal after which another worker may take over an operation. */
  leaseSeconds: number;
  /** Limits of one caller; 0 for no limit. */
  limits: { requestsPerSecond: number; streamsPerCaller: number; requestSeconds: number };
  /** Private networks that webhooks may use. */
  webhookNetworks: string[];
  /**
   * The environment of the programs that Hathi runs, without its own settings. See environment.ts.
   */
  toolEnvironment: Record<string, string>;
  /** Warnings to log at the start, e.g. about a variable that is probably misspelt. */
  warnings: string[];
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOCAL_CALLERS_POLICIES = ['owner', 'strict', 'any'] as const;
export type LocalCallersPolicy = (typeof LOCAL_CALLERS_POLICIES)[number];

const TARGET_NAMES = TARGET_CONTRACTS.map(({ name }) => name);

const MIN_TOKEN_LENGTH = 16;

export interface Setting {
  /** Default as the reference page prints it. */
  default: string;
  description: string;
}

/** Every variable that is read, as the configuration reference prints it. */
export const SETTINGS = {
  HATHI_HOST: {
    default: '`localhost`',
    description:
      'Name or address to listen on. `localhost` is both loopback addresses; any address beyond loopback needs a token.',
  },
  HATHI_PORT: { default: '`5000`', description: 'Port to listen on, 0 for any that is free.' },
  HATHI_TOKEN: {
    default: 'none',
    description: `Bearer token that every caller must send, at least ${MIN_TOKEN_LENGTH} characters.`,
  },
  HATHI_TOKEN_FILE: { default: 'none', description: 'File that holds the token, instead.' },
  HATHI_LOCAL_CALLERS: {
    default: '`owner`',
    description:
      'Local users that need no token while none is set. `owner`: the user that runs the server, and root; where the system does not show the owner of a connection (macOS, a hidden `/proc`), every local user, with a warning at start. `strict`: as `owner`, but the server does not start there. `any`: every local user.',
  },
  HATHI_ALLOWED_HOSTS: {
    default: 'none',
    description:
      'Names, separated by commas and without ports, by which callers may reach the server besides `localhost`, `127.0.0.1` and `[::1]`.',
  },
  HATHI_DATA_DIR: {
    default: '`$XDG_DATA_HOME/hathi`, or `~/.local/share/hathi`',
    description:
      'Directory of the embedded database, the workspaces and the master key. Its path must not contain a double quote, a backtick, a backslash, `%`, `$`, a brace or a control character.',
  },
  DATABASE_URL: {
    default: 'none: embedded',
    description:
      'PostgreSQL to keep the records in, `postgres://user:password@host:port/database`.',
  },
  HATHI_TARGET: {
    default: `\`${DEFAULT_TARGET}\``,
    description: `Target of clusters whose request names none: ${TARGET_NAMES.map((name) => `\`${name}\``).join(' or ')}.`,
  },
  HATHI_MASTER_KEY: {
    default: 'none: `master.key` in the data directory',
    description:
      'Key that seals secrets: 32 bytes in base64. Several, separated by commas: the first seals, all open.',
  },
  HATHI_MASTER_KEY_FILE: {
    default: 'none',
    description: 'File that holds the master key, instead.',
  },
  HATHI_TERRAFORM: {
    default: '`terraform`, else `tofu`, of `PATH`',
    description: 'Path of Terraform (1.6 or later) or OpenTofu (1.8 or later).',
  },
  HATHI_TERRAFORM_CLI_CONFIG: {
    default: 'none: an empty one',
    description:
      "Path of a CLI configuration of Terraform's, e.g. with a mirror of providers. The one in the home folder is never read.",
  },
  ...TARGET_VARIABLES,
  HATHI_NODE_READY_SECONDS: {
    default: '`600`',
    description: 'Seconds that a machine of AWS may take until SSH opens, 5 to 3600.',
  },
  HATHI_ANSIBLE_PLAYBOOK: {
    default: "the project's own environment, else that of `PATH`",
    description: 'Path of `ansible-playbook`.',
  },
  HATHI_LOG_LEVEL: { default: '`info`', description: `One of ${LOG_LEVELS.join(', ')}.` },
  HATHI_WORKERS: { default: '`4`', description: 'Operations that run at one time, 1 to 64.' },
  HATHI_LEASE_SECONDS: {
    default: '`15`',
    description: 'Seconds after which the operation of a silent worker is taken over, 3 to 600.',
  },
  HATHI_REQUESTS_PER_SECOND: {
    default: '`500`',
    description:
      'Most requests per second of one caller, averaged over 10 s, 0 to 100000; 0 for no limit. A caller is an address, counted apart with and without the token.',
  },
  HATHI_STREAMS_PER_CALLER: {
    default: '`200`',
    description:
      'Most event streams of one caller at one time, 0 to 1000; 0 for no limit of its own. The server has 1000 for all callers.',
  },
  HATHI_WEBHOOK_NETWORKS: {
    default: 'none',
    description:
      'Private networks that webhooks may be in, in CIDR notation and separated by commas, e.g. `10.0.0.0/8`.',
  },
  HATHI_REQUEST_SECONDS: {
    default: '`30`',
    description:
      'Seconds in which a request must have arrived with its body, 1 to 600. Its headers must arrive within 10 s.',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** Variables of the command line as a client. A server can be started from the command line. */
const CLIENT_VARIABLES: readonly string[] = ['HATHI_URL'];

/**
 * @param environment `process.env`, except in tests
 * @throws CONFIGURATION_INVALID naming the variable | TOKEN_REQUIRED
 */
export function readConfig(environment: Environment = process.env): Config {
  const read = <T>(name: SettingName, schema: z.ZodType<T>, fallback: T): T => {
    const text = environment[name];
    if (text === undefined || text === '') return fallback;
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    const where = issue?.path.length ? `has in ${issue.path.join('.')} what ` : '';
    throw invalid(name, `${where}${issue?.message ?? 'has a value that cannot be used'}`);
  };
  const host = read('HATHI_HOST', hostSchema, 'localhost');
  const token = readSecret(environment, 'HATHI_TOKEN', 'HATHI_TOKEN_FILE');
  requireToken(host, token);
  const targets = readTargetConfiguration(read, environment);
  return {
    host,
    port: read('HATHI_PORT', wholeNumber(0, 65_535), 5_000),
    token,
    localCallers: read('HATHI_LOCAL_CALLERS', oneOf(LOCAL_CALLERS_POLICIES), 'owner'),
    allowedHosts: read('HATHI_ALLOWED_HOSTS', namesSchema, []),
    dataDirectory: dataDirectoryOf(environment),
    databaseUrl: read('DATABASE_URL', databaseUrlSchema.nullable(), null),
    target: read('HATHI_TARGET', oneOf(TARGET_NAMES), DEFAULT_TARGET),
    masterKey: readSecret(environment, 'HATHI_MASTER_KEY', 'HATHI_MASTER_KEY_FILE'),
    terraformPath: read('HATHI_TERRAFORM', pathSchema.nullable(), null),
    terraformCliConfigPath: read('HATHI_TERRAFORM_CLI_CONFIG', pathSchema.nullable(), null),
    targets,
    nodeReadySeconds: read('HATHI_NODE_READY_SECONDS', wholeNumber(5, 3_600), 600),
    ansiblePlaybookPath: read('HATHI_ANSIBLE_PLAYBOOK', pathSchema.nullable(), null),
    logLevel: read('HATHI_LOG_LEVEL', oneOf(LOG_LEVELS), 'info'),
    workers: read('HATHI_WORKERS', wholeNumber(1, 64), 4),
    leaseSeconds: read('HATHI_LEASE_SECONDS', wholeNumber(3, 600), 15),
    limits: {
      requestsPerSecond: read('HATHI_REQUESTS_PER_SECOND', wholeNumber(0, 100_000), 500),
      streamsPerCaller: read('HATHI_STREAMS_PER_CALLER', wholeNumber(0, 1_000), 200),
      requestSeconds: read('HATHI_REQUEST_SECONDS', wholeNumber(1, 600), 30),
    },
    webhookNetworks: read('HATHI_WEBHOOK_NETWORKS', networksSchema, []),
    toolEnvironment: toolEnvironmentOf(environment),
    warnings: [...unknownSettings(environment), ...targets.warnings],
  };
}

/** Every secret among the settings, as it may appear in a text. */
export function secretsOf({ token, masterKey, databaseUrl }: Config): string[] {
  const password = databaseUrl === null ? '' : new URL(databaseUrl).password;
  const keys = (masterKey ?? '').split(',').map((key) => key.trim());
  return [token ?? '', ...keys, password, querystring.unescape(password)];
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function requireToken(host: string, token: string | null): void {
  if (token !== null && token.length < MIN_TOKEN_LENGTH) {
    throw invalid('HATHI_TOKEN', `must have at least ${MIN_TOKEN_LENGTH} characters`);
  }
  if (token !== null || isLoopback(host)) return;
  throw new HathiError(
    'TOKEN_REQUIRED',
    `HATHI_HOST is ${host}, which others can reach, so a token is needed: set HATHI_TOKEN (e.g. made by: openssl rand -hex 32) or HATHI_TOKEN_FILE, or listen on localhost.`,
    { host },
  );
}

const hostSchema = z
  .string()
  .transform((host) =>
    host
      .trim()
      .replace(/^\[(.*)\]$/, '$1')
      .toLowerCase(),
  )
  .refine((host) => /^[a-z0-9_.:-]+$/.test(host), 'must be a name or address without a port');

const namesSchema = z.string().transform((text) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
);

const networksSchema = namesSchema.refine(
  (networks) => networks.every((network) => canonicalCidr(network) !== null),
  'must be networks in CIDR notation, e.g. 10.0.0.0/8',
);

const databaseUrlSchema = z
  .string()
  .refine(
    (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
    'must be a URL like postgres://user:password@host:5432/database',
  );

const pathSchema = z.string().refine(isAbsolute, 'must be an absolute path');

function wholeNumber(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

function oneOf<const T extends readonly string[]>(values: T): z.ZodType<T[number]> {
  return z.enum(values as unknown as [T[number], ...T[number][]], {
    message: `must be one of ${values.join(', ')}`,
  });
}

function readSecret(
  environment: Environment,
  name: SettingName,
  fileName: SettingName,
): string | null {
  const direct = environment[name];
  const file = environment[fileName];
  if (direct && file) throw invalid(name, `cannot be set together with ${fileName}`);
  if (direct) return direct;
  if (!file) return null;
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error';
    throw invalid(fileName, `names ${file}, which cannot be read: ${code}`);
  }
  if (text === '') throw invalid(fileName, `names ${file}, which is empty`);
  return text;
}

/**
 * ssh, Ansible and Terraform receive paths below it in their configuration, where these characters
 * are no part of a name: quotes and backslashes, tokens of ssh, variables of the environment,
 * templates.
 */
const UNUSABLE_IN_PATHS = /["`\\%${}\p{Cc}]/u;

function dataDirectoryOf(environment: Environment): string {
  const path = resolve(environment.HATHI_DATA_DIR || defaultDataDirectory(environment));
  const unusable = UNUSABLE_IN_PATHS.exec(path)?.[0];
  if (unusable === undefined) return path;
  throw invalid(
    'HATHI_DATA_DIR',
    `must be a path without ${JSON.stringify(unusable)}, which ssh or Ansible would interpret: not ${JSON.stringify(path)}. Set it to another directory`,
  );
}

/** @see XDG Base Directory Specification */
function defaultDataDirectory(environment: Environment): string {
  const base = environment.XDG_DATA_HOME;
  const home = environment.HOME || homedir();
  return base && isAbsolute(base) ? join(base, 'hathi') : join(home, '.local', 'share', 'hathi');
}

function unknownSettings(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('HATHI_') && !CLIENT_VARIABLES.includes(name))
    .filter((name) => !Object.hasOwn(SETTINGS, name))
    .sort()
    .map((name) => `${name} is set, but there is no such setting.`);
}

/** The value is left out, since some are secret. */
function invalid(variable: SettingName, rule: string): HathiError {
  return new HathiError('CONFIGURATION_INVALID', `${variable} ${rule}.`, { variable });
}
