import type { CheckedParameter } from './parameters.ts';

/** A row of `pg_settings` of one node. */
export interface ObservedSetting {
  name: string;
  /** Value in the base unit of the setting. */
  setting: string;
  unit: string | null;
  /** e.g. `default`, `configuration file`, `command line`. */
  source: string;
  /** Value if no source sets it. */
  boot_val: string | null;
  /** Whether the file has another value, which takes effect after a restart. */
  pending_restart: boolean;
  /** The last value in the node's configuration files, as text; null if there is none. */
  file_setting: string | null;
  /** Reason why PostgreSQL does not use that value; null if it does. */
  file_error: string | null;
}

export interface NodeSettings {
  node: string;
  /** Reason why the node did not respond; null if it did. */
  reason: string | null;
  settings: ObservedSetting[];
}

/** A parameter whose value on a node differs from the written value. */
export interface SettingDifference {
  node: string;
  name: string;
  /** Expected value of `pg_settings.setting`. */
  expected: string;
  /** null if the node does not have the parameter or did not respond. */
  found: string | null;
  reason: string;
}

/** A setting that only its library checks and formats; without the library it is a text. */
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

/** Values that let PostgreSQL or the system choose. PostgreSQL then shows the chosen value. */
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

/** Settings that are shown as octal digits. */
const MODES = ['log_file_mode', 'unix_socket_permissions'];

/**
 * Settings that PostgreSQL shows in a normalized spelling, e.g. `ISO, MDY` for `iso`. The file has
 * the written spelling.
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
  // The shown value applies only to this session; new sessions get the value of the file.
  if (isOfTheSession(row) || isOfExtension(name)) return row.file_setting === value;
  if (row.setting === setting || CHOSEN[name] === setting) return true;
  if (MODES.includes(name)) return Number.parseInt(row.setting, 8) === Number(setting);
  return RESPELLED.includes(name) && isFromFiles(row) && row.file_setting === value;
}

function isFromFiles({ source }: ObservedSetting): boolean {
  return ['configuration file', 'command line'].includes(source);
}

/**
 * Whether every node uses the written values. Compares the running values and `pg_file_settings`,
 * because PostgreSQL and Patroni drop values without an error.
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
