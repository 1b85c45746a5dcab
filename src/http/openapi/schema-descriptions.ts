import { z } from 'zod';
import { ID_PREFIX_PATTERN, SHORTEST_PREFIX } from '../../core/record-id.ts';

/** The subset of JSON Schema that Zod generates from the schemas here. */
export interface JsonSchema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  maxProperties?: number;
  pattern?: string;
  format?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

const FORMATS: Record<string, string> = {
  uuid: 'a UUID',
  cidrv4: 'an IPv4 network such as 10.0.0.0/8',
  cidrv6: 'an IPv6 network such as fd00::/8',
};

const PATTERNS: Record<string, string> = {
  [ID_PREFIX_PATTERN.source]: `an id, or at least its first ${SHORTEST_PREFIX} characters`,
};

const documents = new WeakMap<z.core.$ZodType, JsonSchema>();

/** The JSON Schema of a valid request, generated once for each schema. */
export function jsonSchemaOf(schema: z.core.$ZodType): JsonSchema {
  const known = documents.get(schema);
  if (known) return known;
  const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  documents.set(schema, made);
  return made;
}

/** Returns the schema of the value at `path`; undefined if the schema does not describe it. */
export function schemaAt(root: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((schema, segment) => {
    if (schema === undefined) return undefined;
    if (typeof segment === 'number') return schema.items;
    const extra = schema.additionalProperties;
    return schema.properties?.[String(segment)] ?? (typeof extra === 'object' ? extra : undefined);
  }, root);
}

/**
 * The valid values, as the end of a sentence with "must be", e.g. `a whole number from 0 to 15`.
 */
export function describeExpected(schema: JsonSchema): string | null {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  const alternatives = Array.isArray(schema.type)
    ? schema.type.map((type) => ({ ...schema, type }))
    : schema.anyOf;
  if (alternatives) {
    const parts = alternatives.map(describeExpected).filter((part) => part !== null);
    return parts.length === 0 ? null : parts.join(' or ');
  }
  switch (schema.type) {
    case 'integer':
    case 'number':
      return `${schema.type === 'integer' ? 'a whole number' : 'a number'}${range(schema)}`;
    case 'string':
      return FORMATS[schema.format ?? ''] ?? PATTERNS[schema.pattern ?? ''] ?? 'a string';
    case 'boolean':
      return 'true or false';
    case 'array':
      return schema.maxItems === undefined ? 'a list' : `a list of at most ${schema.maxItems}`;
    case 'object':
      return 'a JSON object';
    default:
      return null;
  }
}

function range({ minimum, maximum }: JsonSchema): string {
  // Zod writes the bounds of safe integers if a schema has none.
  const low = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? null : minimum;
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? null : maximum;
  if (low !== null && high !== null) return ` from ${low} to ${high}`;
  if (low !== null) return ` of at least ${low}`;
  return high === null ? '' : ` of at most ${high}`;
}
