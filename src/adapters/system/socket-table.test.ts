import { endianness } from 'node:os';
import { describe, expect, test } from 'vitest';
import { callerKeys, findOwners } from './socket-table.ts';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const REST = '00000000:00000000 00:00000000 00000000';
const row = (sl: number, ends: string, state: string, uid: number, inode: number) =>
  `${String(sl).padStart(4)}: ${ends} ${state} ${REST} ${String(uid).padStart(5)}        0 ${inode} 1 00000000962d7c11 20 4 30 10 -1`;

const IPV4 = '0100007F:C8C2 0100007F:1388';
const MAPPED = '0000000000000000FFFF00000100007F:C8C2 0000000000000000FFFF00000100007F:1388';
const IPV6 = '00000000000000000000000001000000:C8C2 00000000000000000000000001000000:1388';

const between = (remoteAddress: string, localAddress: string) =>
  callerKeys({ remoteAddress, remotePort: 0xc8c2, localAddress, localPort: 5000 });

describe.runIf(endianness() === 'LE')('the keys of a connection', () => {
  test('of IPv4 are two, since an IPv6 socket can hold its caller', () => {
    expect(between('127.0.0.1', '127.0.0.1')).toEqual([IPV4, MAPPED]);
  });

  test.each([
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
    ['::FFFF:7F00:1', '127.0.0.1'],
  ])('of a mapped address (%s to %s) are those of IPv4', (remote, local) => {
    expect(between(remote, local)).toEqual([IPV4, MAPPED]);
  });

  test.each(['::1', '0:0:0:0:0:0:0:1', '::1%lo'])('of IPv6 (%s) are one', (address) => {
    expect(between(address, '::1')).toEqual([IPV6]);
  });

  test('have every byte of an address in its place', () => {
    expect(between('192.168.5.9', '127.0.0.2')[0]).toBe('0905A8C0:C8C2 0200007F:1388');
    expect(between('2001:db8:1122:3344:5566:7788:99aa:bbcc', '::1')[0]).toBe(
      'B80D01204433221188776655CCBBAA99:C8C2 00000000000000000000000001000000:1388',
    );
  });

  test.each([
    ['', ''],
    ['not an address', '::1'],
    ['127.0.0.1', '::1'],
  ])('of %j and %j do not exist', (remote, local) => {
    expect(between(remote, local)).toEqual([]);
  });
});

describe('the owner of a socket', () => {
  const ownerIn = (...rows: string[]) =>
    findOwners([HEADER, ...rows, ''].join('\n'), new Set([IPV4, MAPPED, IPV6]));

  test.each([
    ['IPv4', IPV4],
    ['a mapped address', MAPPED],
    ['IPv6', IPV6],
  ])('of %s is read from its row', (_name, key) => {
    const others = [
      row(0, '00000000:1388 00000000:0000', '0A', 7, 11),
      // The server's end of the same connection.
      row(1, key.split(' ').reverse().join(' '), '01', 0, 12),
    ];
    expect(ownerIn(...others, row(12_345, key, '01', 65_534, 13))).toEqual(
      new Map([[key, 65_534]]),
    );
  });

  test.each(['04', '05'])('counts when its client has only ended sending (%s)', (state) => {
    expect(ownerIn(row(1, IPV4, state, 1000, 13)).get(IPV4)).toBe(1000);
  });

  test.each([
    ['TIME_WAIT', '06', 0],
    ['CLOSE', '07', 13],
    ['SYN_SENT', '02', 13],
    ['LISTEN', '0A', 13],
  ])('does not count in %s', (_name, state, inode) => {
    expect(ownerIn(row(1, IPV4, state, 0, inode)).size).toBe(0);
  });

  test('is nobody once no process holds it, whatever uid the row has', () => {
    for (const state of ['01', '04', '05']) {
      expect(ownerIn(row(1, IPV4, state, 0, 0)).size).toBe(0);
    }
  });

  test('is found in a table that ends without a newline, and not in a damaged one', () => {
    expect(findOwners(row(1, IPV4, '01', 5, 13), new Set([IPV4])).get(IPV4)).toBe(5);
    expect(findOwners(`   1: ${IPV4}`, new Set([IPV4])).size).toBe(0);
    expect(findOwners('', new Set([IPV4])).size).toBe(0);
  });
});
