import { z } from 'zod';

/** An address and the length of its mask. */
interface Network {
  /** Bits of an address: 32 for IPv4, 128 for IPv6. */
  width: 32 | 128;
  address: bigint;
  /** Length of the mask. */
  bits: number;
}

/**
 * Normal form of a network: without host bits, and IPv6 in its short form.
 * @param cidr e.g. `10.1.2.3/8` or `2001:DB8::1/32`
 * @returns e.g. `10.0.0.0/8` or `2001:db8::/32`; null if it is no network in CIDR notation
 */
export function canonicalCidr(cidr: string): string | null {
  const network = parse(cidr);
  if (network === null) return null;
  const { width, bits } = network;
  const address = network.address - hostPart(network);
  return `${width === 32 ? ipv4Text(address) : ipv6Text(address)}/${bits}`;
}

/**
 * A network in a request. PostgreSQL would ignore host bits. AWS rejects them, and counts two
 * spellings of one network as duplicates. So the request is validated and normalized here.
 */
const network = z
  .union([z.cidrv4(), z.cidrv6()])
  .superRefine(hasNoHostBits)
  .overwrite((cidr) => canonicalCidr(cidr) ?? cidr);

/** As {@link networkListSchema}, for one IPv4 network. */
export const ipv4NetworkSchema = z.cidrv4().superRefine(hasNoHostBits);

/**
 * A list of networks in a request: without host bits, each network once. A `transform` is not used,
 * because it drops the examples of every enclosing schema.
 */
export function networkListSchema(most: number) {
  return z
    .array(network)
    .max(most)
    .overwrite((list) => [...new Set(list)]);
}

/** Whether an address is in a network; false if one of them cannot be parsed. */
export function isInNetwork(address: string, cidr: string): boolean {
  const network = parse(cidr);
  const host = parse(`${address}/${address.includes(':') ? 128 : 32}`);
  if (network === null || host === null || network.width !== host.width) return false;
  const shift = BigInt(network.width - network.bits);
  return network.address >> shift === host.address >> shift;
}

function hasNoHostBits(cidr: string, context: z.RefinementCtx): void {
  const parsed = parse(cidr);
  if (parsed === null || hostPart(parsed) === 0n) return;
  const message = `be ${canonicalCidr(cidr)}, the network that the address is in`;
  context.addIssue({ code: 'custom', input: cidr, message: `must ${message}` });
}

function hostPart({ width, bits, address }: Network): bigint {
  return address % 2n ** BigInt(width - bits);
}

function parse(cidr: string): Network | null {
  const [text = '', mask = ''] = cidr.split('/');
  const schema = text.includes(':') ? z.cidrv6() : z.cidrv4();
  if (!schema.safeParse(cidr).success) return null;
  const groups = text.includes(':') ? ipv6Groups(text) : text.split('.').map(Number);
  const size = groups.length === 4 ? 256n : 65_536n;
  const address = groups.reduce((sum, group) => sum * size + BigInt(group), 0n);
  return { width: groups.length === 4 ? 32 : 128, address, bits: Number(mask) };
}

/** A URL's host is in the short form of RFC 5952, which has at most one `::`. */
const shortIpv6 = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1);

function ipv6Groups(address: string): number[] {
  const [front = '', back = ''] = shortIpv6(address).split('::');
  const numbers = (groups: string) =>
    groups === '' ? [] : groups.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [numbers(front), numbers(back)];
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

function ipv4Text(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');
}

function ipv6Text(address: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((address >> BigInt(112 - 16 * at)) & 65_535n).toString(16),
  );
  return shortIpv6(groups.join(':'));
}
