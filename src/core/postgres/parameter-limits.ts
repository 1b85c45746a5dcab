import { findSetting, type PostgresVersion, type Setting } from './catalogue.ts';
import { formatInteger } from './parameter-numbers.ts';
import type { ParameterProblem } from './parameter-problem.ts';
import { type ParameterValue, readValue } from './parameter-value.ts';
import { PATRONI_MINIMUMS } from './patroni-parameters.ts';
import { DEFAULT_MAX_CONNECTIONS, sendersNeeded } from './topology-defaults.ts';

/** Limits and needs of the cluster in addition to the ranges of PostgreSQL. */
export interface ClusterLimits {
  replicaCount: number;
  /** Memory of one node; null if unknown, and then no value is too large. */
  memoryBytes: number | null;
  /** Size of the file system of the data directory; null or absent if unknown. */
  diskBytes?: number | null;
  /** The parameters that are set together with this one. */
  given?: Readonly<Record<string, ParameterValue>>;
}

interface Rule {
  setting: Setting;
  /** Value in base units. */
  number: number;
  version: PostgresVersion;
  limits: ClusterLimits;
}

/** Connections that no client uses: Patroni's loop and REST API, Hathi's probe and verification. */
const CONTROL_CONNECTIONS = 4;

/** Default of `superuser_reserved_connections`. */
const DEFAULT_RESERVED_CONNECTIONS = 3;

/** WAL segments have 16MB, and PostgreSQL does not start with fewer than two. */
const LEAST_WAL_SIZE_MB = 32;

/** `vacuum_buffer_usage_limit` is 0 or at least this. */
const LEAST_RING_KB = 128;

function givenNumber(rule: Rule, name: string): number | undefined {
  const entry = Object.entries(rule.limits.given ?? {}).find(([key]) => key.toLowerCase() === name);
  const setting = findSetting(rule.version, name);
  if (!entry || !setting) return undefined;
  const read = readValue(setting, entry[1]);
  return read.ok ? read.number : undefined;
}

function tooSmall(rule: Rule, least: number, why: string): ParameterProblem {
  const { setting, number } = rule;
  const given = formatInteger(number, setting.unit);
  const expected = `at least ${formatInteger(least, setting.unit)}`;
  return {
    code: 'PARAMETER_TOO_SMALL',
    name: setting.name,
    message: `${setting.name} ${given} is too small: it must be ${expected}, since ${why}.`,
    expected,
    suggestion: formatInteger(least, setting.unit),
  };
}

function reservedConnections(rule: Rule): number {
  const superusers = givenNumber(rule, 'superuser_reserved_connections');
  return (
    (superusers ?? DEFAULT_RESERVED_CONNECTIONS) + (givenNumber(rule, 'reserved_connections') ?? 0)
  );
}

/**
 * WAL senders do not count toward max_connections since PostgreSQL 12. But each replica can open
 * one ordinary connection to the primary (pg_rewind), and at least one client must fit.
 */
function connectionsNeeded(rule: Rule): number {
  const least = reservedConnections(rule) + CONTROL_CONNECTIONS + rule.limits.replicaCount + 1;
  return Math.max(least, PATRONI_MINIMUMS.max_connections ?? 0);
}

function connectionsProblem(rule: Rule): ParameterProblem | undefined {
  const least = connectionsNeeded(rule);
  if (rule.number >= least) return undefined;
  const { replicaCount } = rule.limits;
  const why = [
    `${reservedConnections(rule)} are reserved`,
    `${CONTROL_CONNECTIONS} are used by Patroni and Hathi`,
    `${replicaCount} can be needed by replicas`,
    `and Patroni replaces less than ${PATRONI_MINIMUMS.max_connections} by a value of its own`,
  ].join(', ');
  return tooSmall(rule, least, why);
}

/**
 * Reserved connections are part of max_connections. If the user sets that, too, its own check
 * reports the problem.
 */
function reservedProblem(rule: Rule): ParameterProblem | undefined {
  const least = connectionsNeeded(rule);
  const isGiven = givenNumber(rule, 'max_connections') !== undefined;
  if (isGiven || least <= DEFAULT_MAX_CONNECTIONS) return undefined;
  const { name } = rule.setting;
  const expected = `${rule.number - (least - DEFAULT_MAX_CONNECTIONS)} or less, or max_connections ${least} beside it`;
  return {
    code: 'PARAMETER_TOO_LARGE',
    name,
    message: `${name} ${rule.number} leaves too few of the ${DEFAULT_MAX_CONNECTIONS} connections; it must be ${expected}.`,
    expected,
    suggestion: null,
  };
}

function sendersProblem(rule: Rule): ParameterProblem | undefined {
  const least = sendersNeeded(rule.limits.replicaCount);
  if (rule.number >= least) return undefined;
  const why = `each of the ${rule.limits.replicaCount} replicas holds two while it is cloned`;
  return tooSmall(rule, least, why);
}

function walSizeProblem(rule: Rule): ParameterProblem | undefined {
  if (rule.number >= LEAST_WAL_SIZE_MB) return undefined;
  return tooSmall(rule, LEAST_WAL_SIZE_MB, 'PostgreSQL needs two WAL segments of 16MB to start');
}

/** The only setting whose range has a gap, which `pg_settings` cannot describe. */
function ringProblem(rule: Rule): ParameterProblem | undefined {
  if (rule.number === 0 || rule.number >= LEAST_RING_KB) return undefined;
  return tooSmall(rule, LEAST_RING_KB, 'PostgreSQL accepts nothing between 0 and that');
}

/**
 * Shared memory in bytes that one unit of the setting needs for each connection and prepared
 * transaction. PostgreSQL allocates it at its start. A lock has an entry in one hash table and two
 * in another.
 */
const BYTES_PER_CONNECTION: Readonly<Record<string, number>> = {
  max_locks_per_transaction: 350,
  max_pred_locks_per_transaction: 350,
  track_activity_query_size: 1,
};

/** The remaining memory is for shared_buffers, sessions and the cache of the system. */
const SHARE_OF_MEMORY = 1 / 4;

function perConnectionProblem(rule: Rule): ParameterProblem | undefined {
  const { setting, number, limits } = rule;
  const connections =
    (givenNumber(rule, 'max_connections') ?? DEFAULT_MAX_CONNECTIONS) +
    (givenNumber(rule, 'max_prepared_transactions') ?? 0);
  const bytesPerUnit = connections * (BYTES_PER_CONNECTION[setting.name] ?? 0);
  const most = Math.floor(((limits.memoryBytes ?? Infinity) * SHARE_OF_MEMORY) / bytesPerUnit);
  if (number <= most) return undefined;
  const given = formatInteger(number, setting.unit);
  const expected = `at most ${most}`;
  return {
    code: 'PARAMETER_TOO_LARGE',
    name: setting.name,
    message: `${setting.name} ${given} is too large: it must be ${expected}, since ${connections} connections would take more than a quarter of the memory of the node.`,
    expected,
    suggestion: String(most),
  };
}

const RULES: Record<string, (rule: Rule) => ParameterProblem | undefined> = {
  max_connections: connectionsProblem,
  superuser_reserved_connections: reservedProblem,
  reserved_connections: reservedProblem,
  max_wal_senders: sendersProblem,
  max_replication_slots: sendersProblem,
  min_wal_size: walSizeProblem,
  max_wal_size: walSizeProblem,
  vacuum_buffer_usage_limit: ringProblem,
  ...Object.fromEntries(
    Object.keys(BYTES_PER_CONNECTION).map((name) => [name, perConnectionProblem]),
  ),
};

/** Reason why a value that PostgreSQL accepts is invalid for this cluster. */
export function limitProblem(
  version: PostgresVersion,
  setting: Setting,
  read: { value: string; number?: number },
  limits: ClusterLimits,
): ParameterProblem | undefined {
  if (setting.name === 'wal_level' && read.value === 'minimal') {
    const expected = 'replica or logical';
    const message = `wal_level minimal is too small: replication needs ${expected}.`;
    return {
      code: 'PARAMETER_TOO_SMALL',
      name: 'wal_level',
      message,
      expected,
      suggestion: 'replica',
    };
  }
  if (read.number === undefined) return undefined;
  const rule = { setting, number: read.number, version, limits };
  const special = RULES[setting.name]?.(rule);
  if (special) return special;
  const least = PATRONI_MINIMUMS[setting.name] ?? -Infinity;
  if (read.number >= least) return undefined;
  return tooSmall(rule, least, 'Patroni replaces anything less by a value of its own');
}
