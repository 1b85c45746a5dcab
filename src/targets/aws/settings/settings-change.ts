import { z } from 'zod';

type Fields = Record<string, unknown>;

/** A setting in a change: an object can omit each of its fields. */
export type ChangeOf<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Field in keyof T]?: T[Field] | undefined }
    : T;

/**
 * The fields that identify the thing that an object describes. If a change contains another
 * identity, the other fields of the old object are dropped: another bastion has another host key.
 */
const IDENTITY: Partial<Record<string, string>> = {
  network: 'mode',
  bastion: 'host',
  state_bucket: 'bucket',
};

/**
 * Returns the schema of a change to a setting. It has no defaults, and every field of an object is
 * optional. The discriminator of a union stays required.
 */
export function changeOf(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault) return described(schema, changeOf(inner(schema)));
  if (schema instanceof z.ZodNullable) return described(schema, changeOf(inner(schema)).nullable());
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const options = schema.options.map((option) => changeOf(option as z.ZodType));
    return described(
      schema,
      z.discriminatedUnion(
        schema.def.discriminator,
        options as unknown as [z.ZodObject, ...z.ZodObject[]],
      ),
    );
  }
  if (!(schema instanceof z.ZodObject)) return schema;
  const fields = Object.entries(schema.shape as Record<string, z.ZodType>).map(
    ([name, field]): [string, z.ZodType] => [
      name,
      field instanceof z.ZodLiteral ? field : changeOf(field).optional(),
    ],
  );
  return described(schema, z.strictObject(Object.fromEntries(fields)));
}

function inner(schema: z.ZodDefault | z.ZodNullable): z.ZodType {
  return schema.unwrap() as z.ZodType;
}

function described(from: z.ZodType, to: z.ZodType): z.ZodType {
  return from.description === undefined ? to : to.describe(from.description);
}

/**
 * Returns the settings after a change. Omitted members keep their value, also inside an object.
 * Lists and scalar values are replaced as a whole. An object with another identity is replaced as
 * well.
 * @param current the settings of the cluster, or the defaults of the server
 */
export function mergeSettings<T extends object>(current: T, change: T): T {
  const merged = given(current) as Fields;
  for (const [name, next] of Object.entries(given(change))) {
    const before = merged[name];
    merged[name] = isFields(before) && isFields(next) ? mergeFields(name, before, next) : next;
  }
  return merged as T;
}

function mergeFields(name: string, before: Fields, next: Fields): Fields {
  const identity = IDENTITY[name];
  const isOther =
    identity !== undefined && next[identity] !== undefined && before[identity] !== next[identity];
  return isOther ? given(next) : { ...before, ...given(next) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function given<T extends object>(members: T): T {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as T;
}
