import type { ClusterSpec } from '../cluster/cluster-spec.ts';
import settings15 from './catalogue/15.json' with { type: 'json' };
import settings16 from './catalogue/16.json' with { type: 'json' };
import settings17 from './catalogue/17.json' with { type: 'json' };
import settings18 from './catalogue/18.json' with { type: 'json' };

/** Major versions that Hathi supports. */
export type PostgresVersion = ClusterSpec['postgres_version'];

/** Moment when a new value takes effect. `session`: after a reload, in new sessions. */
export type SettingContext = 'restart' | 'reload' | 'session' | 'internal';

/** One row of `pg_settings`, with its names. A null value is absent here. */
export interface Setting {
  name: string;
  vartype: 'bool' | 'integer' | 'real' | 'enum' | 'string';
  /** Base unit, e.g. `8kB`: the unit of a number without a unit. */
  unit?: string;
  /** Limit in the base unit, as text. */
  min_val?: string;
  max_val?: string;
  enumvals?: string[];
  context: SettingContext;
  /** Compiled default, from `pg_settings.boot_val`. */
  boot_val?: string;
  short_desc: string;
}

/** Names of settings are case-insensitive in PostgreSQL: `datestyle` is `DateStyle`. */
function indexByName(settings: unknown): ReadonlyMap<string, Setting> {
  return new Map((settings as Setting[]).map((setting) => [setting.name.toLowerCase(), setting]));
}

const CATALOGUE: Record<PostgresVersion, ReadonlyMap<string, Setting>> = {
  15: indexByName(settings15),
  16: indexByName(settings16),
  17: indexByName(settings17),
  18: indexByName(settings18),
};

export const POSTGRES_VERSIONS = Object.keys(CATALOGUE) as PostgresVersion[];

export function findSetting(version: PostgresVersion, name: string): Setting | undefined {
  return CATALOGUE[version].get(name.toLowerCase());
}

export function listSettings(version: PostgresVersion): Setting[] {
  return [...CATALOGUE[version].values()];
}
