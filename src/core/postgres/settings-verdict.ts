import type { CheckedParameter } from './parameters.ts';

/** A row of `pg_settings`, as one node answers it. */
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
}

export interface NodeSettings {
  node: string;
  /** Why the node did not answer; null when it did. */
  reason: string | null;
  settings: ObservedSetting[];
}

/** A parameter that is not on a node as it was written. */
export interface SettingDifference {
  node: string;
  name: string;
  /** As `pg_settings.setting` should be. */
  expected: string;
  /** null when the node does not know the parameter, or did not answer. */
  found: string | null;
  reason: string;
}

/** PostgreSQL shows settings of an extension only once its library is loaded. */
const isOfExtension = (name: string) => name.includes('.');

/** Sources of a value that is the asking session's own, and hides what the node has for others. */
const SESSION_SOURCES = ['client', 'session', 'user', 'database', 'database user', 'global'];

/** Whether the value is the asking session's alone, and says nothing of the node. */
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

/** Shown in a spelling of PostgreSQL's own, e.g. `ISO, MDY` for `iso`: only the source can be judged. */
const RESPELLED = [
  'datestyle',
  'default_text_search_config',
  'lc_messages',
  'log_directory',
  'log_timezone',
  'timezone',
];

function isAsWritten(setting: string, row: ObservedSetting): boolean {
  const name = row.name.toLowerCase();
  if (row.pending_restart) return false;
  if (row.setting === setting || isOfTheSession(row)) return true;
  if (CHOSEN[name] === setting) return true;
  if (MODES.includes(name)) return Number.parseInt(row.setting, 8) === Number(setting);
  return RESPELLED.includes(name) && ['configuration file', 'command line'].includes(row.source);
}

/** Whether every node runs with what was written: PostgreSQL and Patroni drop values without a word. */
export function judgeSettings(
  expected: readonly CheckedParameter[],
  observed: readonly NodeSettings[],
): SettingDifference[] {
  return observed.flatMap(({ node, reason, settings }) => {
    const found = new Map(settings.map((row) => [row.name.toLowerCase(), row]));
    return expected.flatMap(({ name, setting }) => {
      const row = found.get(name.toLowerCase());
      const difference = { node, name, expected: setting, found: row?.setting ?? null };
      if (reason !== null) return [{ ...difference, reason }];
      if (!row) return isOfExtension(name) ? [] : [{ ...difference, reason: 'it is not known' }];
      if (isAsWritten(setting, row)) return [];
      return [{ ...difference, reason: whyOf(row) }];
    });
  });
}

function whyOf({ pending_restart, source }: ObservedSetting): string {
  return pending_restart ? 'it waits for a restart' : `it comes from ${source}`;
}
