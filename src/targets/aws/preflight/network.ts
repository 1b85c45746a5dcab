/**
 * Sizes of a VPC for one cluster. A subnet is a sixteenth of the VPC, and EC2 requires at least
 * /28.
 */
export const WIDEST_VPC_BITS = 16;
export const NARROWEST_VPC_BITS = 23;

/** EC2 reserves the first four addresses and the last address of every subnet. */
const ADDRESSES_KEPT = 5;
/** The VPC of a cluster is divided into sixteen subnets. */
const SUBNET_BITS = 4;

const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];

interface Range {
  /** First address as a number. */
  address: number;
  bits: number;
}

/**
 * @returns null if the text is not an IPv4 network in CIDR notation, or has bits set beyond its
 *   mask
 */
export function parseCidr(cidr: string): Range | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (!match) return null;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  if (Math.max(a, b, c, d) > 255 || bits > 32) return null;
  const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  return address % 2 ** (32 - bits) === 0 ? { address, bits } : null;
}

/** Returns whether the internet routes no address of the network. */
export function isPrivateCidr(cidr: string): boolean {
  const range = parseCidr(cidr);
  return range !== null && PRIVATE_RANGES.some((outer) => contains(parseCidr(outer), range));
}

function contains(outer: Range | null, inner: Range): boolean {
  if (outer === null || inner.bits < outer.bits) return false;
  const size = 2 ** (32 - outer.bits);
  return Math.floor(inner.address / size) === Math.floor(outer.address / size);
}

/** Returns the number of nodes that fit into one subnet of the cluster's own VPC. */
export function nodesInOwnSubnet(vpcBits: number): number {
  return 2 ** (32 - vpcBits - SUBNET_BITS) - ADDRESSES_KEPT;
}

/** Returns the maximum number of nodes in one of `places` if nodes are assigned in turn. */
export function largestShare(nodes: number, places: number): number {
  return Math.ceil(nodes / places);
}

/**
 * Returns the zone with most of the etcd members. If that zone fails, all writes stop.
 * @param zones names of the zones; the module assigns them in turn, in the order of their names
 * @param members number of nodes with etcd, which are the first nodes
 */
export function zoneWithMajority(zones: readonly string[], members: number): string | null {
  const sorted = [...zones].sort();
  return (
    sorted.find((_, index) => {
      const share = Math.ceil((members - index) / sorted.length);
      return members > 1 && share > members / 2;
    }) ?? null
  );
}
