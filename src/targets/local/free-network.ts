import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { HathiError } from '../../core/errors.ts';
import { type Docker, rowsOf } from './docker.ts';
import { localNetwork, NETWORK_INDEXES } from './local-network.ts';

/**
 * Shortest prefix of a route that blocks a network. A wider route is ignored: for a VPN route to
 * all of 10.0.0.0/8, the narrower route that Docker adds for a cluster takes precedence.
 */
const WIDEST_IN_THE_WAY = 12;

/** First address as a number, and the number of leading bits. */
interface Range {
  address: number;
  bits: number;
}

/**
 * Clusters are created and removed concurrently. This many removals in a row indicate another
 * defect.
 */
const LISTING_TRIES = 10;

/**
 * Returns the first index whose subnet and ports are free. The search starts at an index derived
 * from the site, so that two data directories on one Docker rarely choose the same one.
 * @throws NETWORK_EXHAUSTED
 */
export async function freeNetworkIndex(
  docker: Docker,
  taken: readonly number[],
  site: string,
): Promise<number> {
  const used = await usedRanges(docker);
  const start = Number.parseInt(site, 16) % NETWORK_INDEXES;
  for (let step = 0; step < NETWORK_INDEXES; step += 1) {
    const index = (start + step) % NETWORK_INDEXES;
    if (taken.includes(index)) continue;
    const { subnet, ports } = localNetwork(index);
    const range = rangeOf(subnet);
    if (range && used.some((other) => overlap(range, other))) continue;
    if (await allFree(ports)) return index;
  }
  throw new HathiError(
    'NETWORK_EXHAUSTED',
    `None of the ${NETWORK_INDEXES} networks for local clusters is free: each has a cluster, a route of this machine or a port in use in its way. Destroy clusters that are no longer needed.`,
    { networks: NETWORK_INDEXES, taken: taken.length },
  );
}

async function usedRanges(docker: Docker): Promise<Range[]> {
  const subnets = await subnetsOf(docker);
  const interfaces = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ cidr }) => cidr ?? '');
  return [...subnets, ...interfaces, ...(await routes())]
    .map(rangeOf)
    .filter((range) => range !== null)
    .filter(({ bits }) => bits >= WIDEST_IN_THE_WAY);
}

/**
 * Returns the subnets of all Docker networks. If a network is removed between the two commands, the
 * listing is retried.
 */
async function subnetsOf(docker: Docker, tries = LISTING_TRIES): Promise<string[]> {
  const ids = (await docker('network', 'ls', '-q')).split('\n').filter(Boolean);
  const format = '{{range .IPAM.Config}}{{.Subnet}}\n{{end}}';
  try {
    return rowsOf(await docker('network', 'inspect', '--format', format, ...ids)).map(
      ([subnet]) => subnet ?? '',
    );
  } catch (error) {
    const isGone = error instanceof Error && /not found|no such network/i.test(error.message);
    if (!isGone || tries <= 1) throw error;
    return await subnetsOf(docker, tries - 1);
  }
}

/** Returns the IPv4 routes of this machine. Only Linux provides them. */
async function routes(): Promise<string[]> {
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '');
  return rowsOf(table)
    .slice(1)
    .map(([, destination = '', , , , , , mask = '']) => {
      const bits = [...hexBytes(mask)].map((byte) => byte.toString(2).replace(/0/g, '')).join('');
      return `${hexBytes(destination).join('.')}/${bits.length}`;
    });
}

/** The kernel writes addresses in the byte order of the machine, which is little-endian. */
function hexBytes(hex: string): number[] {
  return [...Buffer.from(hex, 'hex')].reverse();
}

/** @returns null if the text is not an IPv4 network */
function rangeOf(cidr: string): Range | null {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (!match) return null;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  return { address: a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d, bits };
}

function overlap(one: Range, other: Range): boolean {
  const size = 2 ** (32 - Math.min(one.bits, other.bits));
  return Math.floor(one.address / size) === Math.floor(other.address / size);
}

async function allFree(ports: readonly number[]): Promise<boolean> {
  return (await Promise.all(ports.map(isFree))).every(Boolean);
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
    server.close(() => resolve(true)),
  );
  return promise;
}
