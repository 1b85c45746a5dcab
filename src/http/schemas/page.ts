import { z } from 'zod';

const LARGEST_PART = 200;

/** Query members of every list. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LARGEST_PART)
    .optional()
    .describe('At most so many entries; 50 where absent.'),
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
