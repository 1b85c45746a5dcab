import type { Setting } from './catalogue.ts';
import { formatInteger, formatReal, parseNumber, unitsOf } from './parameter-numbers.ts';

/** A value in JSON. */
export type ParameterValue = string | number | boolean;

export type ReadValue =
  | {
      ok: true;
      /** Text in a configuration file, without quotes, e.g. `128MB`. */
      value: string;
      /** Value of `pg_settings.setting` once it is in effect, e.g. `16384`. */
      setting: string;
      /** Value in base units, for integers and reals. */
      number?: number;
    }
  | { ok: false; reason: string };

const BOOLEANS: [word: string, meaning: boolean, shortest: number][] = [
  ['true', true, 1],
  ['false', false, 1],
  ['yes', true, 1],
  ['no', false, 1],
  ['on', true, 2],
  ['off', false, 2],
  ['1', true, 1],
  ['0', false, 1],
];

/** PostgreSQL accepts any unambiguous prefix of a word: `t`, `of`, but not `o`. */
function readBoolean(text: string): ReadValue {
  const lower = text.toLowerCase();
  const match = BOOLEANS.find(
    ([word, , shortest]) => lower.length >= shortest && word.startsWith(lower),
  );
  if (!match) return { ok: false, reason: 'is not a boolean' };
  const value = match[1] ? 'on' : 'off';
  return { ok: true, value, setting: value };
}

/** Further spellings that PostgreSQL accepts but does not list in `pg_settings.enumvals`. */
function hiddenSpelling(setting: Setting, lower: string): string | undefined {
  const values = setting.enumvals ?? [];
  if (values.includes('on') && values.includes('off')) {
    if (/^(true|yes|1)$/.test(lower)) return 'on';
    if (/^(false|no|0)$/.test(lower)) return 'off';
  }
  if (lower === 'debug' && values.includes('debug2')) return 'debug2';
  if (lower === 'info' && values.includes('notice')) return 'info';
  if (setting.name === 'wal_level' && /^(archive|hot_standby)$/.test(lower)) return 'replica';
  return undefined;
}

function readEnum(setting: Setting, text: string): ReadValue {
  const lower = text.toLowerCase();
  const found =
    setting.enumvals?.find((value) => value.toLowerCase() === lower) ??
    hiddenSpelling(setting, lower);
  if (found === undefined) return { ok: false, reason: 'is none of its values' };
  // `on` is another name of pglz, and pg_settings returns the first name of a value.
  const value = setting.name === 'wal_compression' && found === 'on' ? 'pglz' : found;
  return { ok: true, value, setting: value };
}

/** `pg_settings` prints the largest double without its last digits. No finite number is larger. */
function upperBound(setting: Setting): number {
  const bound = Number(setting.max_val ?? Infinity);
  return bound >= 1.79769e308 ? Number.MAX_VALUE : bound;
}

function readNumber(setting: Setting, kind: 'integer' | 'real', text: string): ReadValue {
  const parsed = parseNumber(text, setting.unit, kind);
  if (!parsed.ok) return parsed;
  const { number } = parsed;
  if (number < Number(setting.min_val ?? -Infinity) || number > upperBound(setting)) {
    return { ok: false, reason: 'is outside its range' };
  }
  // A real has no unit: with a unit, PostgreSQL would round it to the next smaller unit.
  if (kind === 'real') {
    return { ok: true, value: String(number + 0), setting: formatReal(number), number };
  }
  return { ok: true, value: formatInteger(number, setting.unit), setting: String(number), number };
}

/** Parses a value like PostgreSQL in a configuration file; never throws. */
export function readValue(setting: Setting, given: ParameterValue): ReadValue {
  if (typeof given === 'boolean' && setting.vartype !== 'bool' && setting.vartype !== 'enum') {
    return { ok: false, reason: `is a boolean, and the parameter is of type ${setting.vartype}` };
  }
  const text = String(given);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line end would end the setting
  if (/[\u0000\n\r]/.test(text)) return { ok: false, reason: 'has a line end or a zero byte' };
  switch (setting.vartype) {
    case 'bool':
      return readBoolean(text);
    case 'enum':
      return readEnum(setting, text);
    case 'integer':
    case 'real':
      return readNumber(setting, setting.vartype, text);
    case 'string':
      return { ok: true, value: text, setting: text };
  }
}

/**
 * The valid values, as one phrase, e.g. `an integer from 64kB to 2147483647kB, in B, kB, MB, GB
 * or TB`.
 */
export function describeExpected(setting: Setting): string {
  const { vartype, unit, min_val, max_val, enumvals } = setting;
  if (vartype === 'bool') return 'on or off';
  if (vartype === 'enum') return `one of ${(enumvals ?? []).map((v) => v || "''").join(', ')}`;
  if (vartype === 'string') return 'a string on one line';
  // The base unit of a number of blocks is not valid in a file: "16 8kB" has no meaning.
  const bound = (text: string | undefined) =>
    vartype === 'integer' && unit !== undefined
      ? formatInteger(Number(text), unit)
      : `${text}${unit ?? ''}`;
  const kind = vartype === 'integer' ? 'an integer' : 'a number';
  const units = unit === undefined ? '' : `, in ${unitsOf(unit).join(', ')}`;
  return `${kind} from ${bound(min_val)} to ${bound(max_val)}${units}`;
}
