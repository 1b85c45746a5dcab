import { expect, test } from 'vitest';
import { isPublicOrAllowed } from './network-address.ts';

test.each(['93.184.215.14', '8.8.8.8', '172.32.0.1', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'])(
  '%s is public',
  (address) => expect(isPublicOrAllowed(address, [])).toBe(true),
);

test.each([
  ['loopback', '127.0.0.1'],
  ['this network', '0.0.0.0'],
  ['private', '10.1.2.3'],
  ['private', '172.16.0.1'],
  ['private', '192.168.1.1'],
  ['shared', '100.64.0.1'],
  ['the metadata service of a cloud', '169.254.169.254'],
  ['multicast', '224.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['loopback', '::1'],
  ['unspecified', '::'],
  ['unique local', 'fd00:ec2::254'],
  ['link-local', 'fe80::1'],
  ['IPv4 in IPv6', '::ffff:127.0.0.1'],
  ['IPv4 in IPv6 in hexadecimal form', '::ffff:7f00:1'],
  ['IPv4 over NAT64', '64:ff9b::a9fe:a9fe'],
  ['IPv4 over 6to4', '2002:7f00:1::'],
])('%s (%s) is not', (_what, address) => expect(isPublicOrAllowed(address, [])).toBe(false));

test('the operator can allow a network', () => {
  expect(isPublicOrAllowed('10.1.2.3', ['10.1.0.0/16'])).toBe(true);
  expect(isPublicOrAllowed('10.2.2.3', ['10.1.0.0/16'])).toBe(false);
  expect(isPublicOrAllowed('::ffff:10.1.2.3', ['10.1.0.0/16'])).toBe(true);
  expect(isPublicOrAllowed('fd00::1', ['fd00::/8'])).toBe(true);
});
