import type { z } from 'zod';

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads one variable.
 * @throws CONFIGURATION_INVALID naming it
 */
export type ReadVariable<Name extends string> = <T>(
  name: Name,
  schema: z.ZodType<T>,
  fallback: T,
) => T;
