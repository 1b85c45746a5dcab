import { isIPv4, isIPv6 } from 'node:net';

/** A network with its host bits cleared, as EC2 stores it; null when the text is no network. */
export function canonicalCidr(text: string): string | null {
  const [address = '', prefix = '', ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return null;
  const bits = Number(prefix);
  if (isIPv4(address) && bits <= 32) {
    const number = address.split('.').reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const kept = masked(number, bits, 32);
    const bytes = [24n, 16n, 8n, 0n].map((shift) => (kept >> shift) & 0xffn);
    return `${bytes.join('.')}/${bits}`;
  }
  if (isIPv6(address) && bits <= 128) {
    const kept = masked(groups(address), bits, 128);
    const words = Array.from({ length: 8 }, (_, index) =>
      ((kept >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
    );
    // The URL parser writes the short form of RFC 5952.
    return `${new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1)}/${bits}`;
  }
  return null;
}

function groups(address: string): bigint {
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [left = '', right] = short.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].reduce(
    (sum, word) => sum * 65_536n + BigInt(`0x${word}`),
    0n,
  );
}

function masked(number: bigint, bits: number, width: number): bigint {
  const host = BigInt(width - bits);
  return (number >> host) << host;
}
