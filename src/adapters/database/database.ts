import type { Kysely } from 'kysely';
import type { Wakeups } from '../../ports/event-stream.ts';
import type { LeaseKeeper } from '../../ports/lease-keeper.ts';
import type { Schema } from './schema.ts';

/**
 * Common interface of the embedded and the external PostgreSQL. Code above this layer does not
 * distinguish them.
 */
export interface Database {
  db: Kysely<Schema>;
  wakeups: Wakeups;
  leases: LeaseKeeper;
  /** e.g. `embedded PostgreSQL 18.6`; shown by the readiness endpoint. */
  description: string;
  close(): Promise<void>;
}
