/** Parses numbers and units like PostgreSQL in a configuration file. */

const KILO = 1024;
const MEMORY_BYTES: Record<string, number> = {
  TB: KILO ** 4,
  GB: KILO ** 3,
  MB: KILO ** 2,
  kB: KILO,
  B: 1,
};
const TIME_MICROSECONDS: Record<string, number> = {
  d: 86_400e6,
  h: 3_600e6,
  min: 60e6,
  s: 1e6,
  ms: 1e3,
  us: 1,
};

const INT_MAX = 2_147_483_647;
const INT_MIN = -2_147_483_648;

export type ParsedNumber = { ok: true; number: number } | { ok: false; reason: string };

/** A valid unit, and its number of base units; largest first. */
interface Conversion {
  unit: string;
  multiplier: number;
}

function conversions(baseUnit: string): Conversion[] {
  const [, count = '', unit = ''] = /^(\d*)(\D+)$/.exec(baseUnit) ?? [];
  const table = unit in MEMORY_BYTES ? MEMORY_BYTES : TIME_MICROSECONDS;
  const base = (table[unit] ?? 1) * Number(count || 1);
  return Object.entries(table).map(([name, size]) => ({ unit: name, multiplier: size / base }));
}

/** Like rint() in C: halves are rounded to the even neighbour. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

const NUMBER =
  /^[ \t\n\v\f\r]*([+-]?)(0x[0-9a-f]+(?:\.[0-9a-f]*)?|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)/i;
const UNIT = /^[ \t\n\v\f\r]*(?:([^ \t\n\v\f\r]+)[ \t\n\v\f\r]*)?$/;

/** The number at the start of `digits`: `0x` is hexadecimal and, for integers, `0` octal. */
function readDigits(digits: string, integer: boolean): { number: number; length: number } {
  if (/^0x/i.test(digits)) {
    const [whole = '', fraction = ''] = digits.slice(2).split('.');
    const rest = fraction === '' ? 0 : Number.parseInt(fraction, 16) / 16 ** fraction.length;
    return { number: Number.parseInt(whole, 16) + rest, length: digits.length };
  }
  const octal = integer ? /^0[0-7]*/.exec(digits)?.[0] : undefined;
  // A point or an exponent directly after the octal digits makes PostgreSQL read a decimal instead.
  if (octal !== undefined && !/^[.e]/i.test(digits.slice(octal.length))) {
    return { number: Number.parseInt(octal, 8), length: octal.length };
  }
  return { number: Number(digits), length: digits.length };
}

/**
 * A number with an optional unit, in base units.
 * @param text in the syntax of postgresql.conf, e.g. `1.5GB`, `0x10`, `010` (octal for an integer)
 * @param baseUnit from `pg_settings.unit`, e.g. `8kB`; without it no unit is accepted
 * @returns an integer is rounded half to even; a real is not rounded, except that a value with a
 *   unit is rounded to a whole number of the next smaller unit, as in PostgreSQL
 * @see PostgreSQL docs, "Setting Parameters: Parameter Names and Values"
 */
export function parseNumber(
  text: string,
  baseUnit: string | undefined,
  kind: 'integer' | 'real',
): ParsedNumber {
  const match = NUMBER.exec(text);
  // strtol() finds no digit here. PostgreSQL continues only if the text starts with a point.
  if (kind === 'integer' && /^[ \t\n\v\f\r+-]+\./.test(text)) {
    return { ok: false, reason: 'is not a number' };
  }
  const [matched = '', sign = '', digits = ''] = match ?? [];
  if (!match) return { ok: false, reason: 'is not a number' };
  const read = readDigits(digits, kind === 'integer');
  const underflow =
    read.number === 0
      ? /[1-9a-f]/i.test(digits.split(/e/i)[0] ?? '')
      : read.number < 2.2250738585072014e-308 && read.number > 0;
  if (!Number.isFinite(read.number) || (underflow && !/^0x/i.test(digits))) {
    return { ok: false, reason: 'is out of the range of numbers' };
  }
  let number = sign === '-' ? -read.number : read.number;
  const rest = text.slice(matched.length - digits.length + read.length);
  const trailing = UNIT.exec(rest);
  if (!trailing) return { ok: false, reason: 'is not a number with a unit' };
  const unit = trailing[1];
  if (unit !== undefined) {
    const table = baseUnit === undefined ? [] : conversions(baseUnit);
    const index = table.findIndex((entry) => entry.unit === unit);
    const entry = table[index];
    if (!entry) {
      const reason = table.length
        ? `has the unknown unit "${unit}"`
        : 'has a unit, and the parameter takes none';
      return { ok: false, reason };
    }
    number *= entry.multiplier;
    const smaller = table[index + 1];
    if (smaller) number = roundHalfToEven(number / smaller.multiplier) * smaller.multiplier;
  }
  if (kind === 'real') return { ok: true, number };
  number = roundHalfToEven(number) + 0;
  if (number > INT_MAX || number < INT_MIN) {
    return { ok: false, reason: 'exceeds the range of 32-bit integers' };
  }
  return { ok: true, number };
}

/** The valid units for a base unit, smallest first, e.g. `B, kB, MB, GB, TB`. */
export function unitsOf(baseUnit: string): string[] {
  return conversions(baseUnit)
    .map(({ unit }) => unit)
    .reverse();
}

/**
 * Formats an integer in base units like `SHOW`: in the largest unit that divides it, e.g. 16384
 * blocks of `8kB` are `128MB`. Zero and negative numbers have a special meaning and no unit.
 */
export function formatInteger(number: number, baseUnit: string | undefined): string {
  if (baseUnit === undefined || number <= 0) return String(number);
  for (const { unit, multiplier } of conversions(baseUnit)) {
    if (multiplier <= 1 || number % multiplier === 0) {
      return `${roundHalfToEven(number / multiplier)}${unit}`;
    }
  }
  return String(number);
}

/** Like `%g` in C, the format of a real in `pg_settings`: six significant digits. */
export function formatReal(number: number): string {
  if (number === 0) return '0';
  const [mantissa = '', exponent = '0'] = number.toExponential(5).split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 6) {
    const short = mantissa.replace(/\.?0{1,5}$/, '');
    return `${short}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  return String(Number(number.toPrecision(6)));
}

/** Bytes of an integer setting that counts memory; undefined for every other base unit. */
export function memoryBytesOf(number: number, baseUnit: string | undefined): number | undefined {
  const perByte = conversions(baseUnit ?? '').find(({ unit }) => unit === 'B')?.multiplier;
  return perByte === undefined ? undefined : Math.round(number / perByte);
}
