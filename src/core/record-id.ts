/** Records that have an id in the API. */
export const RECORD_KINDS = ['operation', 'plan', 'report'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** Minimum length of a prefix that names a record; the first twelve digits are a time. */
export const SHORTEST_PREFIX = 8;
const DIGITS = 32;
const WHOLE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A complete id, or the first characters of an id. */
export const ID_PREFIX_PATTERN = /^[0-9a-fA-F]{8}[0-9a-fA-F-]{0,28}$/;

export function isWholeId(id: string): boolean {
  return WHOLE.test(id);
}

/**
 * The first and the last id that begin with `prefix`, so that an index finds them.
 * @param prefix with or without hyphens
 */
export function idRange(prefix: string): { first: string; last: string } {
  const digits = prefix.toLowerCase().replaceAll('-', '').slice(0, DIGITS);
  return { first: uuid(digits.padEnd(DIGITS, '0')), last: uuid(digits.padEnd(DIGITS, 'f')) };
}

function uuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
