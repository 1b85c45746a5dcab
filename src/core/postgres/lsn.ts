import { HathiError } from '../errors.ts';

const LSN_PATTERN = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i;

/**
 * The position of a log sequence number in the write-ahead log.
 * @param text as PostgreSQL prints it, e.g. `0/3000148`
 * @returns bytes from the beginning; 64 bits, so a bigint
 * @throws INVALID_LSN
 * @see PostgreSQL docs, "pg_lsn Type"
 */
export function parseLsn(text: string): bigint {
  const [, high, low] = LSN_PATTERN.exec(text) ?? [];
  if (high === undefined || low === undefined) {
    throw new HathiError(
      'INVALID_LSN',
      `'${text}' is not a log sequence number; it should look like 0/3000148.`,
      { lsn: text },
    );
  }
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/**
 * Number of bytes that a replica at `replica` still has to replay.
 * @returns bytes, at least 0, because the two positions are not read at the same moment
 * @throws INVALID_LSN
 */
export function replicationLagBytes(primary: string, replica: string): number {
  const behind = parseLsn(primary) - parseLsn(replica);
  return behind > 0n ? Number(behind) : 0;
}

/** The later of two positions; null means no position. @throws INVALID_LSN */
export function laterLsn(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return parseLsn(one) >= parseLsn(other) ? one : other;
}
