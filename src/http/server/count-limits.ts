import type { z } from 'zod';
import { HathiError } from '../../core/errors.ts';
import { nameOf, PART_NAMES, pointer } from '../errors/field-names.ts';
import { type JsonSchema, jsonSchemaOf } from '../openapi/schema-descriptions.ts';

/** Maximum number of members of an object in addition to those in its schema. */
export const MAX_UNKNOWN_MEMBERS = 100;
/** Maximum number of entries of a list whose schema has no limit. */
const MAX_ITEMS = 1_000;
const SHOWN_CHARACTERS = 40;
/** Maximum length of the name of a member, in characters. */
export const MAX_NAME_LENGTH = 256;

interface Place {
  path: readonly PropertyKey[];
  /** Of the request. */
  part: string;
}

/**
 * Checks the number of entries in a part of a request before their validation. The work and the
 * response of the validation grow with the number of wrong entries, so that number must be limited
 * first. The limits are the `maxProperties` and `maxItems` of the schema.
 * @returns INVALID_REQUEST for the first excess, or null
 */
export function excessOf(data: unknown, schema: z.core.$ZodType, part: string): HathiError | null {
  return excessAt(data, [jsonSchemaOf(schema)], { path: [], part });
}

function excessAt(value: unknown, schemas: readonly JsonSchema[], place: Place): HathiError | null {
  if (typeof value !== 'object' || value === null) return null;
  const here = schemas.flatMap(alternativesOf);
  // Validation does not descend into members without a schema.
  if (here.length === 0) return null;
  if (Array.isArray(value)) {
    const most = Math.max(...here.map(({ maxItems }) => maxItems ?? 0), 0) || MAX_ITEMS;
    if (value.length > most) return excess(place, value.length, most, 'entries');
    const items = here.flatMap((schema) => schema.items ?? []);
    return first(value, (item, index) => excessAt(item, items, within(place, index)));
  }
  const names = Object.keys(value);
  const most = Math.max(...here.map(mostMembers));
  if (names.length > most) return excess(place, names.length, most, 'members');
  return first(names, (name) => {
    if (name.length > MAX_NAME_LENGTH) return longName(place, name);
    const below = here.flatMap(({ properties, additionalProperties }) => {
      const extra = typeof additionalProperties === 'object' ? [additionalProperties] : [];
      const known = properties !== undefined && Object.hasOwn(properties, name);
      return known ? [properties[name] as JsonSchema] : extra;
    });
    const member = (value as Record<string, unknown>)[name];
    return excessAt(member, below, within(place, name));
  });
}

function within({ path, part }: Place, segment: PropertyKey): Place {
  return { path: [...path, segment], part };
}

function alternativesOf(schema: JsonSchema): JsonSchema[] {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return branches.length === 0 ? [schema] : branches.flatMap(alternativesOf);
}

function mostMembers({ maxProperties, properties }: JsonSchema): number {
  return maxProperties ?? Object.keys(properties ?? {}).length + MAX_UNKNOWN_MEMBERS;
}

function first<T>(
  values: readonly T[],
  check: (value: T, index: number) => HathiError | null,
): HathiError | null {
  for (const [index, value] of values.entries()) {
    const found = check(value, index);
    if (found !== null) return found;
  }
  return null;
}

function excess(place: Place, count: number, most: number, what: string): HathiError {
  const expected = `at most ${most} ${what}`;
  return refusal(place, `has ${count} ${what}; ${expected} are accepted`, expected);
}

function longName(place: Place, name: string): HathiError {
  const expected = `names of at most ${MAX_NAME_LENGTH} characters`;
  const start = JSON.stringify(name.slice(0, SHOWN_CHARACTERS));
  const sentence = `has a member whose name starts with ${start} and has ${name.length} characters; ${expected} are accepted`;
  return refusal(place, sentence, expected);
}

function refusal({ path, part }: Place, sentence: string, expected: string): HathiError {
  const subject = path.length === 0 ? (PART_NAMES[part] ?? 'It') : nameOf(path);
  const message = `${subject} ${sentence}.`;
  return new HathiError('INVALID_REQUEST', message, {
    errors: [{ path: pointer(path), message, expected }],
  });
}
