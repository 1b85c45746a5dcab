/**
 * Rewrites valid OpenAPI 3.1 into the subset that client generators support. Each rule names the
 * generator that fails without it; test/clients runs every generator.
 */

import { eventExample } from '../schemas/examples.ts';
import { frameOf } from '../server/event-frames.ts';

type Json = Record<string, unknown>;

/** Name of the schema for the value of a PostgreSQL parameter. */
const PARAMETER_VALUE = 'ParameterValue';

/** JSON types of a PostgreSQL parameter. */
const PARAMETER_TYPES = ['string', 'number', 'boolean'];

interface Portable {
  paths?:
    | Record<string, Record<string, { responses?: Record<string, PortableResponse> }>>
    | undefined;
  components?: { schemas?: Record<string, unknown> };
}

interface PortableResponse {
  content?: Record<string, Json>;
}

export function makePortable(document: Portable): void {
  const unions: Json[][] = [];
  walk(document, unions);
  const [anyOf] = unions;
  const { schemas } = document.components ?? {};
  if (anyOf && schemas) {
    schemas[PARAMETER_VALUE] = { description: 'Value of a PostgreSQL parameter.', anyOf };
  }
  for (const schema of Object.values(schemas ?? {})) nameVariants(schema, schemas ?? {});
  for (const response of responsesOf(document)) describeStream(response);
}

function responsesOf(document: Portable): PortableResponse[] {
  return Object.values(document.paths ?? {})
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ responses }) => Object.values(responses ?? {}));
}

/**
 * OpenAPI 3.1 cannot describe the items of a stream. A generated Python client parses the whole
 * body as one value of the schema, so the body is text, with the schema of an event as its content.
 */
function describeStream({ content }: PortableResponse): void {
  const stream = content?.['text/event-stream'];
  if (!stream) return;
  stream.schema = {
    type: 'string',
    examples: [frameOf(eventExample)],
    contentMediaType: 'application/json',
    contentSchema: stream.schema,
  };
}

/** @param unions receives the union of each schema that now refers to PARAMETER_VALUE */
function walk(value: unknown, unions: Json[][]): void {
  if (Array.isArray(value)) for (const entry of value) walk(entry, unions);
  if (!isObject(value)) return;
  joinConstants(value);
  openBooleans(value);
  joinFormats(value);
  nameParameterValues(value, unions);
  moveObjectDefault(value);
  for (const member of Object.values(value)) walk(member, unions);
}

/**
 * A union of named objects names the property that decides. Without it, generated code tries each
 * variant, and openapi-generator's Java accepts none because several match.
 */
function nameVariants(schema: unknown, schemas: Record<string, unknown>): void {
  if (!isObject(schema) || !Array.isArray(schema.oneOf)) return;
  const variants = schema.oneOf.filter(isObject).map(({ $ref }) => {
    const variant = schemas[String($ref).split('/').at(-1) ?? ''];
    const properties = isObject(variant) && isObject(variant.properties) ? variant.properties : {};
    return { ref: String($ref), properties };
  });
  const constantOf = (property: unknown) => (isObject(property) ? constantsOf(property)[0] : null);
  const propertyName = Object.keys(variants[0]?.properties ?? {}).find((name) => {
    const constants = variants.map(({ properties }) => constantOf(properties[name]));
    return (
      constants.every((one) => typeof one === 'string') &&
      new Set(constants).size === variants.length
    );
  });
  if (propertyName === undefined) return;
  const mapping = variants.map(({ ref, properties }) => [
    constantOf(properties[propertyName]),
    ref,
  ]);
  schema.discriminator = { propertyName, mapping: Object.fromEntries(mapping) };
}

/**
 * A union of constants becomes an enumeration. openapi-generator's Java does not compile with the
 * union.
 */
function joinConstants(schema: Json): void {
  const values = partsOf(schema).map(constantsOf);
  if (values.length === 0 || values.some((each) => each.length === 0)) return;
  const { type } = partsOf(schema)[0] ?? {};
  delete schema.anyOf;
  schema.enum = values.flat();
  schema.type = values.flat().every(Number.isInteger) ? 'integer' : type;
}

/**
 * A boolean constant becomes a boolean. openapi-generator's Python compares it with the text
 * `true`.
 */
function openBooleans(schema: Json): void {
  if (typeof schema.const === 'boolean') {
    schema.type = 'boolean';
    delete schema.const;
  }
}

function constantsOf(schema: Json): unknown[] {
  if ('const' in schema) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : [];
}

/** A union of strings with different formats becomes a string. openapi-generator makes a class. */
function joinFormats(schema: Json): void {
  const parts = partsOf(schema);
  if (parts.length < 2 || !parts.every((part) => part.type === 'string' && 'format' in part))
    return;
  delete schema.anyOf;
  schema.type = 'string';
  schema.description ??= `Format: ${parts.map(({ format }) => format).join(' or ')}.`;
}

/**
 * oapi-codegen rejects a list of types. If the list contains null, neither its code for additional
 * properties nor openapi-generator's Python supports a union, so the schema excludes the other
 * types.
 */
function nameParameterValues(schema: Json, unions: Json[][]): void {
  const parts = Array.isArray(schema.type)
    ? schema.type.map((type): Json => ({ type }))
    : partsOf(schema);
  const types = parts.map(({ type }) => type);
  if (!PARAMETER_TYPES.every((type) => types.includes(type))) return;
  delete schema.type;
  delete schema.anyOf;
  if (types.includes('null')) {
    schema.not = { type: ['object', 'array'] };
    return;
  }
  unions.push(parts);
  schema.$ref = `#/components/schemas/${PARAMETER_VALUE}`;
}

/**
 * An object as the default of a union: openapi-python-client drops the whole model, and
 * openapi-generator's Java does not compile. The server still applies it.
 */
function moveObjectDefault(schema: Json): void {
  if (!isObject(schema.default) || !('oneOf' in schema || 'anyOf' in schema)) return;
  const text = `Default: \`${JSON.stringify(schema.default)}\`.`;
  schema.description = [schema.description, text].filter(Boolean).join(' ');
  delete schema.default;
}

function partsOf(schema: Json): Json[] {
  return Array.isArray(schema.anyOf) ? schema.anyOf.filter(isObject) : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
