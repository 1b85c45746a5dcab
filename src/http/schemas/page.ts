import { z } from 'zod';

const LARGEST_PART = 200;

const DECIMAL = /^(?:0|[1-9]\d{0,14})$/;

/**
 * A whole number in a query: only decimal digits. `Number` would also accept `0x10`, `1e1`, ` 5`
 * and an empty text. Other texts are not converted, so the schema rejects them with its message.
 */
export function decimal<Schema extends z.ZodType<number>>(schema: Schema) {
  return z.preprocess(
    (text) => (typeof text === 'string' && DECIMAL.test(text) ? Number(text) : text),
    schema,
  );
}

/** Query members of every list. */
export const pageQuery = {
  limit: decimal(z.int().min(1).max(LARGEST_PART))
    .optional()
    .describe('Maximum number of entries; default: 50.'),
  cursor: z
    .string()
    .min(1)
    .max(1_024)
    .optional()
    .describe('`next_cursor` of the part before, as it was.'),
};

export const nextCursor = z
  .string()
  .nullable()
  .describe('To be given as `cursor` for the next part; null with the last.');

export const pageQuerySchema = z.strictObject(pageQuery);
