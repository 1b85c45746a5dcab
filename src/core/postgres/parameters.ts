import { MAX_SUGGESTIONS } from '../field-errors.ts';
import { findSetting, listSettings, POSTGRES_VERSIONS, type PostgresVersion } from './catalogue.ts';
import { nearestSetting } from './nearest-setting.ts';
import { findOwnership } from './owned-parameters.ts';
import { decisionProblem, sessionOnlyProblem } from './parameter-decisions.ts';
import { type ClusterLimits, limitProblem } from './parameter-limits.ts';
import type { ParameterProblem } from './parameter-problem.ts';
import { describeExpected, type ParameterValue, readValue } from './parameter-value.ts';
import { type ParameterScope, scopeOf } from './patroni-parameters.ts';
import { type ClusterSize, topologyDefaults } from './topology-defaults.ts';

export type { ParameterProblem } from './parameter-problem.ts';
export type { ParameterValue } from './parameter-value.ts';
export type { ParameterScope } from './patroni-parameters.ts';

/**
 * Maximum number of parameters of one cluster. PostgreSQL has fewer than 400; extensions add some.
 */
export const MAX_PARAMETERS = 500;

/** A parameter that PostgreSQL and Patroni accept unchanged. */
export interface CheckedParameter {
  /** Name in the spelling of PostgreSQL, e.g. `DateStyle`. */
  name: string;
  /** Text in a configuration file, without quotes, e.g. `128MB`. */
  value: string;
  /** Value of `pg_settings.setting` on a node where it is in effect, e.g. `16384`. */
  setting: string;
  /** Whether a change needs a restart of PostgreSQL. */
  restart: boolean;
  scope: ParameterScope;
}

export type ParameterCheck =
  | { ok: true; parameter: CheckedParameter }
  | { ok: false; problem: ParameterProblem };

export type ParametersCheck =
  | { ok: true; parameters: CheckedParameter[] }
  | { ok: false; problems: ParameterProblem[] };

/**
 * Settings of extensions. PostgreSQL cannot check them before the extension's library is loaded. So
 * any `extension.name` of identifiers is accepted unchanged, as a string that a reload applies.
 * @see PostgreSQL docs, "Customized Options"
 */
const CUSTOM_NAME = /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)+$/i;

function checkCustom(name: string, given: ParameterValue): ParameterCheck {
  const read = readValue(
    { name, vartype: 'string', context: 'reload', short_desc: '' },
    String(given),
  );
  if (read.ok) {
    const { value, setting } = read;
    return { ok: true, parameter: { name, value, setting, restart: false, scope: scopeOf(name) } };
  }
  return invalid(name, given, read.reason, 'a string on one line');
}

function invalid(
  name: string,
  given: ParameterValue,
  reason: string,
  expected: string,
): ParameterCheck {
  return {
    ok: false,
    problem: {
      code: 'PARAMETER_INVALID',
      name,
      message: `${name} ${JSON.stringify(given)} ${reason}; it must be ${expected}.`,
      expected,
      suggestion: null,
    },
  };
}

function unknown(version: PostgresVersion, name: string, suggest: boolean): ParameterCheck {
  const others = POSTGRES_VERSIONS.filter((other) => findSetting(other, name));
  const suggestion = suggest ? nearestSetting(name, settableNames(version)) : null;
  const elsewhere = others.length ? ` (PostgreSQL ${others.join(' and ')} has it)` : '';
  const hint = suggestion === null ? '' : ` Did you mean ${suggestion}?`;
  return {
    ok: false,
    problem: {
      code: 'PARAMETER_UNKNOWN',
      name,
      message: `PostgreSQL ${version} has no parameter ${JSON.stringify(name)}${elsewhere}.${hint}`,
      expected: suggestion,
      suggestion,
    },
  };
}

function settableNames(version: PostgresVersion): string[] {
  return listSettings(version)
    .filter((setting) => setting.context !== 'internal' && !findOwnership(setting.name))
    .map((setting) => setting.name);
}

/**
 * Checks one parameter alone; `checkParameters` checks dependencies between parameters.
 * @param given value in JSON: `"128MB"`, `200`, `true`
 * @param limits of the cluster
 * @param suggest whether to search for a similar name, which takes milliseconds
 * @returns the parameter in the spelling of PostgreSQL, or the problem; never throws
 */
export function checkParameter(
  version: PostgresVersion,
  name: string,
  given: ParameterValue,
  limits: ClusterLimits,
  suggest = true,
): ParameterCheck {
  const owned = findOwnership(name);
  if (owned) {
    const message = `${name} is set by ${owned.owner} and cannot be given: ${owned.instead}.`;
    const problem = { name, message, expected: null, suggestion: null };
    return { ok: false, problem: { code: 'PARAMETER_OWNED', ...problem } };
  }
  const ofSession = sessionOnlyProblem(name);
  if (ofSession) return { ok: false, problem: ofSession };
  const setting = findSetting(version, name);
  if (!setting)
    return CUSTOM_NAME.test(name) ? checkCustom(name, given) : unknown(version, name, suggest);
  if (setting.context === 'internal') {
    const message = `${setting.name} cannot be set in PostgreSQL's configuration.`;
    const problem = { name: setting.name, message, expected: null, suggestion: null };
    return { ok: false, problem: { code: 'PARAMETER_READ_ONLY', ...problem } };
  }
  const read = readValue(setting, given);
  if (!read.ok) return invalid(setting.name, given, read.reason, describeExpected(setting));
  const problem =
    decisionProblem(setting, read, limits) ?? limitProblem(version, setting, read, limits);
  if (problem) return { ok: false, problem };
  return {
    ok: true,
    parameter: {
      name: setting.name,
      value: read.value,
      setting: read.setting,
      restart: setting.context === 'restart',
      scope: scopeOf(setting.name),
    },
  };
}

/**
 * Checks whether all these parameters can be used together. The result is sorted by name.
 * @returns every problem found, not only the first; never throws
 */
export function checkParameters(
  version: PostgresVersion,
  given: Readonly<Record<string, ParameterValue>>,
  limits: ClusterLimits,
): ParametersCheck {
  const problems: ParameterProblem[] = [];
  const checked = new Map<string, CheckedParameter>();
  let unknownNames = 0;
  const together: ClusterLimits = { ...limits, given };
  for (const [name, value] of Object.entries(given)) {
    const suggest = unknownNames < MAX_SUGGESTIONS;
    const result = checkParameter(version, name, value, together, suggest);
    if (!result.ok) {
      problems.push(result.problem);
      if (result.problem.code === 'PARAMETER_UNKNOWN') unknownNames += 1;
    } else if (checked.has(result.parameter.name.toLowerCase())) {
      const reason = 'is given twice, in two spellings of its name';
      const twice = invalid(result.parameter.name, value, reason, 'given once');
      if (!twice.ok) problems.push(twice.problem);
    } else {
      checked.set(result.parameter.name.toLowerCase(), result.parameter);
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  const parameters = [...checked.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ok: true, parameters };
}

/**
 * Parameters of a cluster: the defaults for its size, overridden by the values of the user.
 * @returns all parameters, checked together; see `checkParameters`
 */
export function resolveParameters(
  given: Readonly<Record<string, ParameterValue>>,
  size: ClusterSize,
): ParametersCheck {
  const check = checkParameters(size.version, given, size);
  if (!check.ok) return check;
  const names = new Set(check.parameters.map(({ name }) => name));
  const defaults = Object.entries(topologyDefaults(size)).filter(([name]) => !names.has(name));
  const all = [...defaults, ...Object.entries(given)];
  return checkParameters(size.version, Object.fromEntries(all), size);
}
