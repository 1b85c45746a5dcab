import type { Kysely } from 'kysely';
import type { Wakeups } from '../../ports/event-stream.ts';
import type { LeaseKeeper } from '../../ports/lease-keeper.ts';
import type { Schema } from './schema.ts';

/** What the embedded and the real PostgreSQL have in common; nobody above asks which one it is. */
export interface Database {
  db: Kysely<Schema>;
  wakeups: Wakeups;
  leases: LeaseKeeper;
  /** e.g. `embedded PostgreSQL 18.6`; shown by readiness. */
  description: string;
  close(): Promise<void>;
}
