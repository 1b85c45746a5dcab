/** Serialization failure, deadlock, and a connection that went away: worth asking again. */
const RETRYABLE = new Set(['40001', '40P01', '57P01', '57P02', '57P03', '08006', '08003', '08000']);
const RETRYABLE_SYSTEM = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT']);

/** Whether the database may answer the same request well a moment later. */
export function isRetryable(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code !== undefined && (RETRYABLE.has(code) || RETRYABLE_SYSTEM.has(code));
}
