import { setTimeout as sleep } from 'node:timers/promises';
import type { MarkerRead, MarkerWritten } from '../../ports/probe.ts';
import { isSqlError, type NodeConnection, reasonOf } from './node-connection.ts';
import {
  CREATE_MARKER_DATABASE,
  CREATE_MARKER_TABLE,
  READ_MARKER,
  REMOVE_MARKER,
  REMOVE_OLD_MARKERS,
  REPLAYED,
  WRITE_MARKER,
  WRITTEN_LSN,
} from './queries.ts';

const UNDEFINED_TABLE = '42P01';
const UNDEFINED_DATABASE = '3D000';
const DUPLICATE_DATABASE = '42P04';

/** Doubled after each read. Without a problem, the replay takes a few milliseconds. */
const FIRST_PAUSE_MILLISECONDS = 2;
const LONGEST_PAUSE_MILLISECONDS = 100;

/**
 * A standby that never acknowledges must not block the commit of the marker, because the
 * verification must detect that standby. PostgreSQL before 17 does not have the second setting, so
 * it cannot be a setting of the connection.
 */
const COMMIT_LOCALLY = `SET synchronous_commit = local;
SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'`;

/**
 * @param plain a connection to a database that always exists
 * @param markers a connection to the database of the markers
 */
export async function writeMarker(
  [plain, markers]: readonly [NodeConnection, NodeConnection],
  marker: string,
): Promise<MarkerWritten> {
  try {
    await insertMarker(plain, markers, marker);
    const [row] = await markers.query<{ lsn: string }>(WRITTEN_LSN);
    return { lsn: row?.lsn ?? null, reason: null };
  } catch (error) {
    return { lsn: null, reason: reasonOf(error) };
  }
}

/**
 * First tries the insert, which works in every run except the first. If it fails, creates the
 * missing database and table.
 */
async function insertMarker(
  plain: NodeConnection,
  markers: NodeConnection,
  marker: string,
): Promise<void> {
  try {
    await markers.query(COMMIT_LOCALLY);
    await markers.query(WRITE_MARKER, [marker]);
    return;
  } catch (error) {
    if (!isSqlError(error, UNDEFINED_DATABASE, UNDEFINED_TABLE)) throw error;
    if (isSqlError(error, UNDEFINED_DATABASE)) await createDatabase(plain);
  }
  await markers.query(`${COMMIT_LOCALLY}; ${CREATE_MARKER_TABLE}`);
  await markers.query(WRITE_MARKER, [marker]);
}

async function createDatabase(plain: NodeConnection): Promise<void> {
  try {
    await plain.query(COMMIT_LOCALLY);
    await plain.query(CREATE_MARKER_DATABASE);
  } catch (error) {
    if (!isSqlError(error, DUPLICATE_DATABASE)) throw error;
  }
}

/**
 * Repeats the read until the replay is past `lsn` and the row exists, or until the time is over.
 * @param plain a connection to a database that always exists
 * @param markers a connection to the database of the markers
 */
export async function readMarker(
  node: string,
  [plain, markers]: readonly [NodeConnection, NodeConnection],
  marker: string,
  lsn: string,
  withinMilliseconds: number,
): Promise<MarkerRead> {
  const started = performance.now();
  const elapsed = (): number => Math.round((performance.now() - started) * 100) / 100;
  let replayedLsn: string | null = null;
  let reason = 'the row written on the primary has not arrived';
  let pause = FIRST_PAUSE_MILLISECONDS;
  let past = false;
  while (true) {
    try {
      if (!past) {
        const [replay] = await plain.query<{ replayed_lsn: string | null; past: boolean }>(
          REPLAYED,
          [lsn],
        );
        replayedLsn = replay?.replayed_lsn ?? null;
        past = replay?.past ?? false;
      }
      if (past) {
        const [row] = await markers.query<{
          seen: boolean;
          past: boolean;
          in_recovery: boolean;
          replayed_lsn: string | null;
        }>(READ_MARKER, [marker, lsn]);
        replayedLsn = row?.replayed_lsn ?? null;
        if (row?.seen && row.past && row.in_recovery) {
          const read = { node, seen: true, replayed_lsn: replayedLsn, reason: null };
          return { ...read, seen_after_ms: elapsed() };
        }
      }
    } catch (error) {
      // Like the row, the database or the table may not have been replicated yet.
      const onItsWay = isSqlError(error, UNDEFINED_TABLE, UNDEFINED_DATABASE);
      if (!onItsWay) reason = reasonOf(error);
    }
    if (elapsed() + pause > withinMilliseconds) break;
    await sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS);
  }
  return { node, seen: false, replayed_lsn: replayedLsn, seen_after_ms: null, reason };
}

/** @returns the reason why the row still exists, or null */
export async function removeMarker(
  markers: NodeConnection,
  marker: string,
): Promise<string | null> {
  try {
    await markers.query(REMOVE_MARKER, [marker]);
    await markers.query(REMOVE_OLD_MARKERS);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}
