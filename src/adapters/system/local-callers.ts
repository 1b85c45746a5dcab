import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Connection, LocalCallers } from '../../ports/local-callers.ts';
import { callerKeys, findOwners } from './socket-table.ts';

/** Not `/proc/net`: a `/proc` that is mounted with `subset=pid` only has these files. */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];

/**
 * The kernel returns a table in pieces. A socket can be missed while other sockets appear and
 * disappear, so the table is read several times.
 */
const READS = 3;

const ROOT = 0;
/**
 * Contains the uid that represents every user that a user namespace does not map.
 * @see user_namespaces(7)
 */
const OVERFLOW_UID = '/proc/sys/kernel/overflowuid';
const UID_MAP = '/proc/self/uid_map';
const WHOLE_MAP = ['0', '0', '4294967295'];

type Owners = Map<string, number>;

/**
 * Identifies the callers on this machine by the kernel's socket tables (Linux only).
 * @param ownUid the user to accept in addition to root
 * @returns null if the kernel does not show the owner of a socket: another system, a hidden `/proc`
 */
export async function createLocalCallers(
  ownUid: number | undefined = process.geteuid?.(),
  tables: readonly string[] = TABLES,
): Promise<LocalCallers | null> {
  if (process.platform !== 'linux' || ownUid === undefined) return null;
  const unmapped = await unmappedUid();
  const table = new SocketOwners(tables);
  const isOwner = async (connection: Connection, accepted: readonly number[]) => {
    const keys = callerKeys(connection);
    for (let read = 0; read < READS && keys.length > 0; read++) {
      const owners = await table.read(keys).catch((): Owners => new Map());
      const uid = keys.map((key) => owners.get(key)).find((known) => known !== undefined);
      if (uid !== undefined) return uid !== unmapped && accepted.includes(uid);
    }
    return false;
  };
  // A test connection shows whether this works. The name of the system is not checked.
  const works = await overOwnConnection((connection) =>
    isOwner(connection, [process.geteuid?.() ?? ROOT]),
  ).catch(() => false);
  return works ? { isOwner: (connection) => isOwner(connection, [ownUid, ROOT]) } : null;
}

/**
 * Reads the tables once for all waiting callers, because with many sockets a read takes some
 * milliseconds.
 */
class SocketOwners {
  readonly #tables: readonly string[];
  #waiting = new Set<string>();
  #next: Promise<Owners> | null = null;

  constructor(tables: readonly string[]) {
    this.#tables = tables;
  }

  /**
   * One read serves all callers whose first requests arrived in the same turn of the event loop.
   */
  read(keys: readonly string[]): Promise<Owners> {
    for (const key of keys) this.#waiting.add(key);
    this.#next ??= turn().then(() => {
      const wanted = this.#waiting;
      this.#waiting = new Set();
      this.#next = null;
      return readTables(this.#tables, wanted);
    });
    return this.#next;
  }
}

/**
 * The kernel returns a table in pieces of 4 KiB. In an asynchronous read, each piece costs a turn
 * of the event loop. A new caller would wait for seconds while the loop is busy. A synchronous read
 * of 10,000 sockets takes some milliseconds.
 */
async function readTables(tables: readonly string[], keys: ReadonlySet<string>): Promise<Owners> {
  const texts = tables.map((path) => {
    try {
      return readFileSync(path, 'latin1');
    } catch (error) {
      // A kernel without IPv6 has no second table.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  });
  return new Map(texts.flatMap((text) => [...findOwners(text, keys)]));
}

/** Returns the uid that can represent any user; null if every user has a separate uid. */
async function unmappedUid(): Promise<number | null> {
  try {
    const map = (await readFile(UID_MAP, 'utf8')).trim().split(/\s+/);
    if (map.join() === WHOLE_MAP.join()) return null;
    return Number(await readFile(OVERFLOW_UID, 'utf8'));
  } catch {
    return null;
  }
}

/** Calls `look` with an open connection of this process to this process. */
async function overOwnConnection<T>(look: (connection: Connection) => Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const server = createServer((socket) => {
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
    look({ remoteAddress, remotePort, localAddress, localPort }).then(resolve, reject);
    socket.on('error', reject);
  });
  server.on('error', reject);
  const client = await new Promise<ReturnType<typeof connect>>((made) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      made(connect(port, '127.0.0.1').on('error', reject));
    });
  });
  try {
    return await promise;
  } finally {
    client.destroy();
    server.close();
  }
}
