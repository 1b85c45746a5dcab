/** JSON columns take text, because drivers differ for arrays and strings. */
export const json = (value: unknown): string | null =>
  value === null ? null : JSON.stringify(value);

export const time = (value: Date | null): string | null => value?.toISOString() ?? null;
