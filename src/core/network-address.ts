import { isInNetwork } from './cidr.ts';

/** Networks that are not part of the internet. @see IANA special-purpose address registries */
const PRIVATE_NETWORKS = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Whether the server may send a request of a user to the address. A private address could be the
 * metadata service of a cloud, or a program on the machine of the server.
 * @param allowed networks that the operator of the server allows
 */
export function isPublicOrAllowed(address: string, allowed: readonly string[]): boolean {
  // Also matches an IPv4 address that is written as an IPv6 address.
  const plain = MAPPED.exec(address)?.[1] ?? address;
  const isIn = (network: string) => isInNetwork(plain, network);
  return allowed.some(isIn) || !(isMapped(plain) || PRIVATE_NETWORKS.some(isIn));
}

/** The hexadecimal form, e.g. `::ffff:7f00:1`. */
function isMapped(address: string): boolean {
  return address.includes(':') && isInNetwork(address, '::ffff:0:0/96');
}
