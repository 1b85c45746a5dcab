import type { CheckedParameter } from './parameters.ts';

/** A row of `pg_settings` of one node. */
export interface ObservedSetting {
  name: string;
  /** In the setting's base unit. */
  setting: string;
  unit: string | null;
  /** e.g. `default`, `configuration file`, `command line`. */
  source: string;
  /** What it would be if nothing set it. */
  boot_val: string | null;
  /** Whether the file has another value, which counts after a restart. */
  pending_restart: boolean;
  /** The last value for it in the node's configuration files, as text; null where there is none. */
  file_setting: string | null;
  /** Why PostgreSQL does not use that value; null where it does. */
  file_error: string | null;
}

export interface NodeSettings {
  node: string;
  /** Why the node did not respond; null if it did. */
  reason: string | null;
  settings: ObservedSetting[];
}

/** A parameter that is not on a node as it was written. */
export interface SettingDifference {
  node: string;
  name: string;
  /** As `pg_settings.setting` should be. */
  expected: string;
  /** null if the node does not have the parameter or did not respond. */
  found: string | null;
  reason: string;
}

/** Checked by its library alone, in a spelling of its own; without the library it is a text. */
const isOfExtension = (name: string) => name.includes('.');

/**
 * Sources of a value that applies only to the current session. It hides the value for other
 * sessions.
 */
const SESSION_SOURCES = ['client', 'session', 'user', 'database', 'database user', 'global'];

/** Whether the value applies only to the current session. */
export function isOfTheSession({ source }: ObservedSetting): boolean {
  return SESSION_SOURCES.includes(source);
}

/** Values by which PostgreSQL or the system chooses, and then shows what was chosen. */
const CHOSEN: Readonly<Record<string, string>> = {
  wal_buffers: '-1',
  io_max_concurrency: '-1',
  commit_timestamp_buffers: '0',
  subtransaction_buffers: '0',
  transaction_buffers: '0',
  tcp_keepalives_count: '0',
  tcp_keepalives_idle: '0',
  tcp_keepalives_interval: '0',
  tcp_user_timeout: '0',
};

/** Shown as octal digits. */
const MODES = ['log_file_mode', 'unix_socket_permissions'];

/**
 * Shown in a spelling of PostgreSQL's own, e.g. `ISO, MDY` for `iso`: its file has the one that was
 * given.
 */
const RESPELLED = [
  'datestyle',
  'default_text_search_config',
  'lc_messages',
  'log_directory',
  'log_timezone',
  'timezone',
];

function isAsWritten({ setting, value }: CheckedParameter, row: ObservedSetting): boolean {
  const name = row.name.toLowerCase();
  if (row.pending_restart || row.file_error !== null) return false;
  // What the session shows is its own; new sessions of others get what the file has.
  if (isOfTheSession(row) || isOfExtension(name)) return row.file_setting === value;
  if (row.setting === setting || CHOSEN[name] === setting) return true;
  if (MODES.includes(name)) return Number.parseInt(row.setting, 8) === Number(setting);
  return RESPELLED.includes(name) && isFromFiles(row) && row.file_setting === value;
}

function isFromFiles({ source }: ObservedSetting): boolean {
  return ['configuration file', 'command line'].includes(source);
}

/**
 * Whether every node runs with what was written: by the running values and by `pg_file_settings`,
 * since PostgreSQL and Patroni drop values without an error.
 */
export function judgeSettings(
  expected: readonly CheckedParameter[],
  observed: readonly NodeSettings[],
): SettingDifference[] {
  return observed.flatMap(({ node, reason, settings }) => {
    const found = new Map(settings.map((row) => [row.name.toLowerCase(), row]));
    return expected.flatMap((parameter) => {
      const { name, setting } = parameter;
      const row = found.get(name.toLowerCase());
      const difference = { node, name, expected: setting, found: row?.setting ?? null };
      if (reason !== null) return [{ ...difference, reason }];
      if (!row) return [{ ...difference, reason: 'PostgreSQL does not have it' }];
      if (isAsWritten(parameter, row)) return [];
      return [{ ...difference, reason: whyOf(parameter, row) }];
    });
  });
}

function whyOf({ value }: CheckedParameter, row: ObservedSetting): string {
  const { pending_restart, source, file_setting, file_error } = row;
  if (pending_restart) return 'it waits for a restart';
  if (file_error !== null) {
    return `PostgreSQL does not accept the value in its configuration file (${file_error})`;
  }
  if (file_setting === null) return `it comes from ${source}`;
  if (file_setting !== value) return `its configuration file has ${file_setting}`;
  return `it comes from ${source}`;
}
