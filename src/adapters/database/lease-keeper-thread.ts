/** The thread of `lease-keeper.ts`. It only renews the leases that the main thread registered. */
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import { BEAT_SLOT, type KeeperData, type KeeperMessage } from './lease-keeper.ts';
import { RENEW_LEASE, renewLeaseValues } from './stores/renew-lease.ts';

/** Renewals within one lease. Two can fail before the lease is lost. */
const RENEWALS_PER_LEASE = 3;
/** More than one, because a renewal waits while a transaction of the main thread holds the row. */
const MAX_CONNECTIONS = 4;
const CONNECT_TIMEOUT_MILLISECONDS = 5_000;
/** Pause after a failed renewal. */
const RETRY_MILLISECONDS = 500;

const { url, shared, mainSilenceSeconds } = workerData as KeeperData;
const cells = new BigInt64Array(shared);
const pool = new pg.Pool({
  connectionString: url,
  max: MAX_CONNECTIONS,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
});
pool.on('error', () => {}); // A broken idle connection is replaced at the next use.
pool.on('connect', (client) => client.on('error', () => {})); // If it is in use, its query fails.

type Kept = Extract<KeeperMessage, { type: 'keep' }>;
const timers = new Map<number, { kept: Kept; timer: NodeJS.Timeout }>();

parentPort?.on('message', (message: KeeperMessage) => {
  clearTimeout(timers.get(message.slot)?.timer);
  timers.delete(message.slot);
  if (message.type === 'keep') schedule(message, 0);
});

function schedule(kept: Kept, milliseconds: number): void {
  const timer = setTimeout(() => void renewOnce(kept), milliseconds);
  timers.set(kept.slot, { kept, timer });
}

async function renewOnce(kept: Kept): Promise<void> {
  const interval = (kept.leaseSeconds * 1000) / RENEWALS_PER_LEASE;
  let next = interval;
  if (!mainIsSilent()) {
    const asked = Date.now();
    const held = await renew(kept, interval).catch(() => null);
    // During the query, the slot was released or assigned to another lease.
    if (timers.get(kept.slot)?.kept !== kept) return;
    if (held === false) {
      timers.delete(kept.slot);
      Atomics.store(cells, kept.slot, 0n);
      return;
    }
    if (held) Atomics.store(cells, kept.slot, BigInt(asked + kept.leaseSeconds * 1000));
    else next = Math.min(interval, RETRY_MILLISECONDS);
  }
  schedule(kept, next);
}

function mainIsSilent(): boolean {
  return Date.now() - Number(Atomics.load(cells, BEAT_SLOT)) > mainSilenceSeconds * 1000;
}

/**
 * @returns false if another worker has the operation
 * @throws if the database did not respond in time
 */
async function renew({ lease, leaseSeconds }: Kept, timeoutMilliseconds: number): Promise<boolean> {
  const client = await pool.connect();
  let failed = true;
  try {
    const query = {
      text: RENEW_LEASE,
      values: renewLeaseValues(lease, leaseSeconds),
      // On a network that drops packets, a query would otherwise wait for ever.
      query_timeout: timeoutMilliseconds,
    };
    const { rowCount } = await client.query(query);
    failed = false;
    return (rowCount ?? 0) > 0;
  } finally {
    client.release(failed);
  }
}
