/** JSON schemas as rows of the reference pages. */
import type { OpenAPIV3_1 } from 'openapi-types';

export type Json = OpenAPIV3_1.SchemaObject;

export interface Field {
  /** With dots where it is nested, e.g. `aws.region`. */
  name: string;
  required: boolean;
  schema: Json;
}

/** The fields of an object, each followed by the fields in it. Those of the entries of a list have `[]`. */
export function fieldsOf(schema: Json, prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const field = value as Json;
    const name = `${prefix}${key}`;
    const required = schema.required?.includes(key) ?? false;
    const { items = {} } = field as { items?: Json };
    return [
      { name, required, schema: field },
      ...fieldsOf(field, `${name}.`),
      ...fieldsOf(items, `${name}[].`),
    ];
  });
}

/** The JSON type in words, e.g. `array of string`, `integer or null`. */
export function typeOf(schema: Json): string {
  const { $ref } = schema as { $ref?: string };
  if ($ref !== undefined) return `\`${$ref.split('/').at(-1)}\``;
  const parts = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  if (parts) return [...new Set(parts.map(typeOf))].join(' or ');
  if (schema.not) return 'string, number, boolean or null';
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  if (schema.type === 'array') return `array of ${typeOf((schema.items ?? {}) as Json)}`;
  if (schema.type !== 'object') return schema.type ?? 'any';
  const { additionalProperties: values } = schema;
  if (schema.properties || typeof values !== 'object') return 'object';
  return `object of ${typeOf(values as Json)}`;
}

/** The description, the allowed values and the default. */
export function describe(schema: Json): string {
  const { minimum, maximum, maxLength, maxItems } = schema;
  const parts = [
    schema.description ?? '',
    schema.enum ? `One of ${listOf(schema.enum.map(String))}.` : '',
    minimum !== undefined && maximum !== undefined ? `From ${minimum} to ${maximum}.` : '',
    minimum !== undefined && maximum === undefined ? `At least ${minimum}.` : '',
    minimum === undefined && maximum !== undefined ? `At most ${maximum}.` : '',
    maxLength === undefined ? '' : `At most ${maxLength} characters.`,
    maxItems === undefined ? '' : `At most ${maxItems} entries.`,
    schema.format ? `Format: ${schema.format}.` : '',
    schema.pattern ? `Matches \`${schema.pattern.replaceAll('|', '\\|')}\`.` : '',
    schema.default === undefined ? '' : `Default: \`${JSON.stringify(schema.default)}\`.`,
  ];
  return parts.filter(Boolean).join(' ').replaceAll('\n', ' ');
}

export function listOf(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}
