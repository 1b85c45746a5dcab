import { HathiError } from '../../core/errors.ts';
import type { FieldError } from '../../core/field-errors.ts';
import { PART_NAMES, pointer } from '../errors/field-names.ts';

/** Maximum nesting of objects and lists; no schema needs more than six levels. */
const MAX_DEPTH = 32;

interface Place {
  value: unknown;
  path: readonly string[];
}

/**
 * Rejects valid JSON that no part of Hathi can use: NUL and halves of surrogate pairs,
 * which PostgreSQL cannot store; names that reach a prototype, which a copy would lose without an
 * error; and nesting that overflows the stack of a recursive function. So this function does not
 * recurse.
 * @returns INVALID_REQUEST, or null
 */
export function unusableValueIn(data: unknown, part: string): HathiError | null {
  const left: Place[] = [{ value: data, path: [] }];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const { value, path } = place;
    if (typeof value === 'string' && !isStorable(value)) return unstorable(part);
    if (typeof value !== 'object' || value === null) continue;
    if (path.length > MAX_DEPTH) return tooDeep(part);
    for (const [name, member] of Object.entries(value)) {
      if (!isStorable(name)) return unstorable(part);
      if (reachesPrototype(name, member)) return prototypeName([...path, name]);
      left.push({ value: member, path: [...path, name] });
    }
  }
  return null;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function reachesPrototype(name: string, value: unknown): boolean {
  if (name === '__proto__') return true;
  const isObject = typeof value === 'object' && value !== null;
  return name === 'constructor' && isObject && Object.hasOwn(value, 'prototype');
}

function unstorable(part: string): HathiError {
  const message = `${PART_NAMES[part] ?? 'It'} must be text without NUL and without halves of surrogate pairs.`;
  return refusal({ path: '', message });
}

function tooDeep(part: string): HathiError {
  const expected = `at most ${MAX_DEPTH} levels`;
  const message = `${PART_NAMES[part] ?? 'It'} is nested too deeply; ${expected} are accepted.`;
  return refusal({ path: '', message, expected });
}

function prototypeName(path: readonly string[]): HathiError {
  const name = path.at(-1) === '__proto__' ? '__proto__' : 'constructor.prototype';
  return refusal({ path: pointer(path), message: `There is no field "${name}".` });
}

function refusal(error: FieldError): HathiError {
  return new HathiError('INVALID_REQUEST', error.message, { errors: [error] });
}
