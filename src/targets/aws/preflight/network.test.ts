import { expect, it } from 'vitest';
import {
  isPrivateCidr,
  largestShare,
  nodesInOwnSubnet,
  parseCidr,
  zoneWithMajority,
} from './network.ts';

it('reads networks, and none with bits beyond the mask', () => {
  expect(parseCidr('10.77.0.0/16')).toEqual({ address: 10 * 2 ** 24 + 77 * 2 ** 16, bits: 16 });
  expect(parseCidr('0.0.0.0/0')).toEqual({ address: 0, bits: 0 });
  for (const wrong of [
    '10.77.0.1/16',
    '10.77.0.0',
    '10.256.0.0/16',
    '10.0.0.0/33',
    'fd00::/48',
    '',
  ]) {
    expect(parseCidr(wrong), wrong).toBeNull();
  }
});

it('knows which networks the internet does not route', () => {
  for (const cidr of [
    '10.0.0.0/8',
    '10.77.0.0/16',
    '172.31.0.0/16',
    '192.168.4.0/23',
    '100.64.0.0/16',
  ]) {
    expect(isPrivateCidr(cidr), cidr).toBe(true);
  }
  for (const cidr of ['8.8.8.0/24', '172.32.0.0/16', '0.0.0.0/0', '192.0.0.0/8', 'nonsense']) {
    expect(isPrivateCidr(cidr), cidr).toBe(false);
  }
});

it('counts what fits and what is needed', () => {
  expect(nodesInOwnSubnet(16)).toBe(4_091);
  expect(nodesInOwnSubnet(23)).toBe(27);
  expect(largestShare(4, 3)).toBe(2);
  expect(largestShare(0, 3)).toBe(0);
});

it('finds the zone with the majority of etcd', () => {
  expect(zoneWithMajority(['b', 'a'], 3)).toBe('a');
  expect(zoneWithMajority(['a'], 3)).toBe('a');
  expect(zoneWithMajority(['a', 'b', 'c'], 3)).toBeNull();
  expect(zoneWithMajority(['a', 'b', 'c', 'd'], 3)).toBeNull();
  // With one member there is no majority to lose: the node is the whole cluster.
  expect(zoneWithMajority(['a', 'b'], 1)).toBeNull();
  expect(zoneWithMajority([], 3)).toBeNull();
});
