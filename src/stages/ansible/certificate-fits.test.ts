import { expect, it } from 'vitest';
import { createX509Pki } from '../../adapters/pki/x509-pki.ts';
import { certificateFits } from './certificate-fits.ts';

const DAY_MILLISECONDS = 86_400_000;
const now = new Date();
const pki = createX509Pki({ now: () => now });
const authority = await pki.createAuthority('orders', 3650);
const node = await pki.issue(authority, {
  commonName: 'orders-1',
  dnsNames: ['orders-1', 'localhost'],
  addresses: ['10.197.0.11'],
  validDays: 365,
});
const fits = (names: string[], days = 0, ca = authority.certificate) =>
  certificateFits(node.certificate, ca, names, new Date(now.getTime() + days * DAY_MILLISECONDS));

it('keeps a certificate that has every name and is valid for long enough', () => {
  expect(fits(['orders-1', 'localhost', '10.197.0.11'])).toBe(true);
  expect(fits(['orders-1'], 300)).toBe(true);
});

it('requires a new one for a new address, near the end, and under another authority', async () => {
  expect(fits(['orders-1', '10.197.0.12'])).toBe(false);
  expect(fits(['orders-1'], 310)).toBe(false);
  const other = await pki.createAuthority('orders', 3650);
  expect(fits(['orders-1'], 0, other.certificate)).toBe(false);
});
