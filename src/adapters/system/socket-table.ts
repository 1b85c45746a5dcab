import { isIPv4 } from 'node:net';
import { endianness } from 'node:os';
import type { Connection } from '../../ports/local-callers.ts';

/**
 * States in which a socket can still send a request and read the response: ESTABLISHED, FIN_WAIT1
 * and FIN_WAIT2 (a client that has shut down its sending side).
 */
const OPEN_STATES: ReadonlySet<string> = new Set(['01', '04', '05']);

/**
 * Inode of a socket that no process holds any more. Many kernels then print uid 0, independent of
 * the former owner.
 */
const NO_INODE = '0';

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/**
 * Finds the owners of the callers' sockets in the text of `/proc/net/tcp` and `/proc/net/tcp6`. One
 * pass over the text is enough for any number of keys.
 * @param keys see `callerKeys`
 * @returns uid by key; a key is absent when no process holds such a socket
 * @see proc_pid_net(5); `get_tcp4_sock` and `get_tcp6_sock` in the Linux source
 */
export function findOwners(text: string, keys: ReadonlySet<string>): Map<string, number> {
  const owners = new Map<string, number>();
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const colon = text.indexOf(': ', start);
    if (colon >= 0 && colon < end) addOwner(text.slice(colon + 2, end), keys, owners);
    start = end + 1;
  }
  return owners;
}

/**
 * @param row e.g. `0100007F:C8C2 0100007F:1388 01 <queues> <timer> <retransmits> <uid> <timeout>
 *   <inode> …`
 */
function addOwner(row: string, keys: ReadonlySet<string>, owners: Map<string, number>): void {
  const secondSpace = row.indexOf(' ', row.indexOf(' ') + 1);
  const key = row.slice(0, secondSpace);
  if (!keys.has(key)) return;
  const [state, , , , uid, , inode] = row.slice(secondSpace).trim().split(/ +/);
  if (!OPEN_STATES.has(state ?? '') || inode === NO_INODE) return;
  owners.set(key, Number(uid));
}

/**
 * Returns the caller's socket as the tables print it, `LOCAL:PORT REMOTE:PORT`, seen from the
 * caller. An IPv4 connection has two keys, because an IPv6 socket of the caller can hold it with
 * mapped addresses.
 */
export function callerKeys(connection: Connection): string[] {
  const { remoteAddress, remotePort, localAddress, localPort } = connection;
  const caller = addressBytes(remoteAddress);
  const server = addressBytes(localAddress);
  if (caller === null || server === null || caller.length !== server.length) return [];
  const keyOf = (from: number[], to: number[]) =>
    `${hexOf(from)}:${portHex(remotePort)} ${hexOf(to)}:${portHex(localPort)}`;
  const keys = [keyOf(caller, server)];
  if (caller.length === 4) {
    keys.push(keyOf([...MAPPED_PREFIX, ...caller], [...MAPPED_PREFIX, ...server]));
  }
  return keys;
}

/** @returns 4 bytes for an IPv4 address, mapped or not, 16 for IPv6; null for anything else */
function addressBytes(address: string): number[] | null {
  if (isIPv4(address)) return address.split('.').map(Number);
  const [withoutZone = ''] = address.split('%', 1);
  if (!URL.canParse(`http://[${withoutZone}]`)) return null;
  // The URL parser converts every form of an IPv6 address to one form, in groups of hexadecimal
  // digits.
  const text = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const groupsOf = (part: string) => (part === '' ? [] : part.split(':'));
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array<string>(8 - first.length - last.length).fill('0');
  const bytes = [...first, ...zeros, ...last].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  const isMapped = MAPPED_PREFIX.every((byte, index) => bytes[index] === byte);
  return isMapped ? bytes.slice(MAPPED_PREFIX.length) : bytes;
}

/** The tables print each 32 bits of an address as a number in the byte order of the machine. */
function hexOf(bytes: readonly number[]): string {
  const words = Array.from({ length: bytes.length / 4 }, (_, index) => {
    const word = bytes.slice(index * 4, index * 4 + 4);
    return endianness() === 'LE' ? word.reverse() : word;
  });
  return words
    .flat()
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
    .join('');
}

function portHex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
