import decisions from './catalogue/decisions.json' with { type: 'json' };
import type { Setting } from './catalogue.ts';
import { formatInteger, memoryBytesOf } from './parameter-numbers.ts';
import type { ParameterProblem } from './parameter-problem.ts';

/**
 * Decision about values that PostgreSQL accepts, for each setting of every version:
 * - `accept`: no value in the range of the setting harms the cluster
 * - `test`: only the node can decide, in the trial of the configuration
 * - `reject`: the values (without `values`: each but PostgreSQL's default) break replicas, sessions
 *   or data, and no trial detects it
 * - `bound`: the range or the form is narrower than in PostgreSQL
 */
export interface ParameterDecision {
  name: string;
  decision: 'accept' | 'test' | 'reject' | 'bound';
  values?: string[];
  /** Limit in the base unit of the setting. */
  min?: number;
  max?: number;
  /** Whether 0 is accepted although it is below `min`, because it disables the setting. */
  zero?: boolean;
  /** Resource of the node that the value must not exceed. */
  limit?: 'memory' | 'disk';
  syntax?: 'identifiers' | 'file-name';
  /** End of the sentence "… cannot be used, since". */
  reason: string;
}

/** Sizes of one node. If a size is null or absent, no value is too large. */
interface NodeLimits {
  memoryBytes: number | null;
  diskBytes?: number | null;
}

const DECISIONS: ReadonlyMap<string, ParameterDecision> = new Map(
  (decisions as ParameterDecision[]).map((one) => [one.name.toLowerCase(), one]),
);

/** Not in the catalogue, because they can be set only in a session. */
const SESSION_ONLY = ['role', 'session_authorization', 'seed', 'is_superuser'];

const MB = 1024 ** 2;

const SYNTAX = {
  identifiers: {
    pattern:
      /^\s*(?:(?:"(?:[^"]|"")*"|[^\s,"][^\s,]*)\s*(?:,\s*(?:"(?:[^"]|"")*"|[^\s,"][^\s,]*)\s*)*)?$/,
    expected: 'a list of schemas, separated by commas, e.g. app, public',
  },
  'file-name': { pattern: /^[^/]+$/, expected: 'the name of a file, without a directory' },
};

export function decisionOn(name: string): ParameterDecision | undefined {
  return DECISIONS.get(name.toLowerCase());
}

export function listDecisions(): ParameterDecision[] {
  return [...DECISIONS.values()];
}

/** Reason why a name that is not in the catalogue is rejected. */
export function sessionOnlyProblem(name: string): ParameterProblem | undefined {
  if (!SESSION_ONLY.includes(name.toLowerCase())) return undefined;
  const message = `${name} cannot be given: it belongs to one session, and PostgreSQL does not start with it in its configuration.`;
  return { code: 'PARAMETER_UNSAFE', name, message, expected: null, suggestion: null };
}

/** Reason why a value that PostgreSQL accepts cannot be used on the cluster. */
export function decisionProblem(
  setting: Setting,
  read: { value: string; number?: number },
  limits: NodeLimits,
): ParameterProblem | undefined {
  const decision = decisionOn(setting.name);
  if (decision?.decision === 'reject') return rejected(setting, read.value, decision);
  if (decision?.decision !== 'bound') return undefined;
  const { syntax, min, max, zero = false, limit, reason } = decision;
  if (syntax !== undefined && !SYNTAX[syntax].pattern.test(read.value)) {
    return unsafe(setting, read.value, reason, SYNTAX[syntax].expected);
  }
  const { number } = read;
  if (number === undefined) return undefined;
  if (min !== undefined && number < min && !(zero && number === 0)) {
    const least = formatInteger(min, setting.unit);
    return outside('PARAMETER_TOO_SMALL', setting, number, `at least ${least}`, least, reason);
  }
  if (max !== undefined && number > max) {
    const most = formatInteger(max, setting.unit);
    return outside('PARAMETER_TOO_LARGE', setting, number, `at most ${most}`, most, reason);
  }
  return limit === undefined ? undefined : beyondNode(setting, number, limit, limits);
}

function rejected(
  setting: Setting,
  value: string,
  { values, reason }: ParameterDecision,
): ParameterProblem | undefined {
  if (values === undefined ? value === setting.boot_val : !values.includes(value)) return undefined;
  const others = setting.enumvals?.filter((one) => !values?.includes(one));
  const expected =
    values === undefined || setting.vartype === 'bool'
      ? `${setting.boot_val || 'left out'}`
      : `one of ${others?.join(', ')}`;
  return unsafe(setting, value, reason, expected);
}

function unsafe(
  { name }: Setting,
  value: string,
  reason: string,
  expected: string,
): ParameterProblem {
  const message = `${name} ${JSON.stringify(value)} cannot be used, since ${reason}; it must be ${expected}.`;
  return { code: 'PARAMETER_UNSAFE', name, message, expected, suggestion: null };
}

function outside(
  code: 'PARAMETER_TOO_SMALL' | 'PARAMETER_TOO_LARGE',
  { name, unit }: Setting,
  number: number,
  expected: string,
  suggestion: string,
  reason: string,
): ParameterProblem {
  const size = code === 'PARAMETER_TOO_SMALL' ? 'small' : 'large';
  const message = `${name} ${formatInteger(number, unit)} is too ${size}: it must be ${expected}, since ${reason}.`;
  return { code, name, message, expected, suggestion };
}

function beyondNode(
  { name, unit }: Setting,
  number: number,
  limit: 'memory' | 'disk',
  { memoryBytes, diskBytes = null }: NodeLimits,
): ParameterProblem | undefined {
  const available = limit === 'memory' ? memoryBytes : diskBytes;
  const bytes = memoryBytesOf(number, unit);
  if (available === null || bytes === undefined || bytes <= available) return undefined;
  const has = `${Math.floor(available / MB)}MB`;
  const message = `${name} ${formatInteger(number, unit)} is larger than the node, which has ${has} of ${limit}.`;
  return {
    code: 'PARAMETER_TOO_LARGE',
    name,
    message,
    expected: `at most ${has}`,
    suggestion: `${Math.max(1, Math.floor(available / 4 / MB))}MB`,
  };
}
