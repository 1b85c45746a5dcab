import { describe, expect, it } from 'vitest';
import { canonicalCidr, ipv4NetworkSchema, networkListSchema } from './cidr.ts';

it.each([
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['203.0.113.7/32', '203.0.113.7/32'],
  ['203.0.113.7/25', '203.0.113.0/25'],
  ['255.255.255.255/0', '0.0.0.0/0'],
  ['2001:DB8::1/32', '2001:db8::/32'],
  ['2001:0db8:0:0:0:0:0:0/32', '2001:db8::/32'],
  ['2001:db8:1:2:3:4:5:6/127', '2001:db8:1:2:3:4:5:6/127'],
  ['2001:db8:1:2:3:4:5:7/127', '2001:db8:1:2:3:4:5:6/127'],
  ['::1/0', '::/0'],
  ['fd00::ffff/120', 'fd00::ff00/120'],
])('%s is in the network %s', (cidr, canonical) => {
  expect(canonicalCidr(cidr)).toBe(canonical);
});

it.each(['', '10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'all', '10.0.0.0/8/8'])(
  '%j is no network',
  (text) => {
    expect(canonicalCidr(text)).toBeNull();
  },
);

describe('a list of networks', () => {
  const list = networkListSchema(4);

  it('refuses host bits and names the network', () => {
    const given = ['10.0.0.0/8', '10.1.2.3/16', 'fd00::1/64', '192.0.2.1/32'];
    expect(list.safeParse(given).error?.issues).toMatchObject([
      { path: [1], message: 'must be 10.1.0.0/16, the network that the address is in' },
      { path: [2], message: 'must be fd00::/64, the network that the address is in' },
    ]);
    expect(ipv4NetworkSchema.safeParse('10.77.0.1/16').success).toBe(false);
    expect(ipv4NetworkSchema.parse('10.77.0.0/16')).toBe('10.77.0.0/16');
  });

  it('contains each network once, in any spelling', () => {
    const given = ['10.0.0.0/8', '2001:db8::/32', '10.0.0.0/8', '2001:DB8:0::/32'];
    expect(list.parse(given)).toEqual(['10.0.0.0/8', '2001:db8::/32']);
  });
});
