import { asDiskFull } from '../../core/disk-full.ts';
import { HathiError } from '../../core/errors.ts';

/**
 * Temporary errors: connection lost or refused, server starting or shutting down, serialization
 * failure, deadlock.
 */
const PASSING = new Set(['08000', '08003', '08006', '40001', '40P01', '57P01', '57P02', '57P03']);
const PASSING_SYSTEM = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);
/** Messages of `pg` for errors without a code. */
const PASSING_MESSAGE = /connection terminated|timeout exceeded when trying to connect/i;

/**
 * Translates an error of the database driver: DISK_FULL, or DATABASE_UNAVAILABLE if a retry a
 * moment later can succeed. Any other error is returned unchanged. Drivers differ in error classes,
 * but not in `code`.
 * @see PostgreSQL docs, "PostgreSQL Error Codes"
 */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof HathiError || !(error instanceof Error)) return error;
  const full = asDiskFull(error);
  if (full) return full;
  const { code = '' } = error as { code?: string };
  const passes =
    PASSING.has(code) || PASSING_SYSTEM.has(code) || PASSING_MESSAGE.test(error.message);
  if (!passes) return error;
  return new HathiError(
    'DATABASE_UNAVAILABLE',
    'The database does not respond at the moment. Nothing was changed; retry.',
    {},
    { cause: error },
  );
}

/** Wraps the stores so that the errors of all methods are translated. */
export function translating<Stores extends object>(stores: Stores): Stores {
  return new Proxy(stores, {
    get(target, name) {
      const store = Reflect.get(target, name) as Record<PropertyKey, unknown>;
      return new Proxy(store, {
        get(object, method) {
          const value = object[method];
          if (typeof value !== 'function') return value;
          return async (...parameters: unknown[]) => {
            try {
              return await value.apply(object, parameters);
            } catch (error) {
              throw translateDatabaseError(error);
            }
          };
        },
      });
    },
  });
}
