import { beforeAll, expect, it } from 'vitest';
import { createX509Pki } from '../adapters/pki/x509-pki.ts';
import type { CertifiedKey } from '../ports/pki.ts';
import { certificateFits } from './certificate-fits.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const NAMES = ['a-1', 'localhost', '10.0.0.11', '127.0.0.1'];
let authority: CertifiedKey;
let node: CertifiedKey;
const pki = createX509Pki({ now: () => NOW });

beforeAll(async () => {
  authority = await pki.createAuthority('CA', 1000);
  node = await pki.issue(authority, {
    commonName: 'a-1',
    dnsNames: ['a-1', 'localhost'],
    addresses: ['10.0.0.11', '127.0.0.1'],
    validDays: 100,
  });
});

const fits = (names: string[], now = NOW, by = authority) =>
  certificateFits(node.certificate, by.certificate, names, now);

it('keeps a certificate for the names and addresses it was made for', () => {
  expect(fits(NAMES)).toBe(true);
});
it('does not keep one for another name or address', () => {
  expect(fits([...NAMES, 'a-2'])).toBe(false);
  expect(fits([...NAMES, '10.0.0.12'])).toBe(false);
});
it('does not keep one that runs out soon, or that another authority signed', async () => {
  expect(fits(NAMES, new Date('2026-08-01T00:00:00Z'))).toBe(false);
  expect(fits(NAMES, NOW, await pki.createAuthority('CA', 1000))).toBe(false);
});
