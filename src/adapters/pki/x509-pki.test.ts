import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createX509Pki } from './x509-pki.ts';

const directory = mkdtempSync(join(tmpdir(), 'x509-pki-'));
afterAll(() => rmSync(directory, { recursive: true }));

const pki = createX509Pki({ now: () => new Date() });
const authority = await pki.createAuthority('hathi orders', 3650);
const node = await pki.issue(authority, {
  commonName: 'orders-1',
  dnsNames: ['orders-1', 'localhost'],
  addresses: ['10.200.0.11', '127.0.0.1', '::1'],
  validDays: 365,
});

function put(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

it('passes openssl verify, strictly, as server and as client', () => {
  const ca = put('ca.crt', authority.certificate);
  const leaf = put('node.crt', node.certificate);
  for (const purpose of ['sslserver', 'sslclient']) {
    const args = ['verify', '-x509_strict', '-purpose', purpose, '-verify_ip', '10.200.0.11'];
    const output = execFileSync('openssl', [...args, '-CAfile', ca, leaf], { encoding: 'utf8' });
    expect(output).toContain('OK');
  }
});

it('says whom the certificate is for and how far it reaches', () => {
  const leaf = new X509Certificate(node.certificate);
  const ca = new X509Certificate(authority.certificate);
  expect(leaf.subject).toBe('CN=orders-1');
  expect(leaf.checkHost('localhost')).toBe('localhost');
  expect(leaf.checkIP('::1')).toBe('::1');
  expect(leaf.ca).toBe(false);
  expect(ca.ca).toBe(true);
  expect(leaf.checkIssued(ca)).toBe(true);
  expect(leaf.checkPrivateKey(createPrivateKey(node.privateKey))).toBe(true);
  expect(leaf.serialNumber).toHaveLength(32);
  expect(Date.parse(leaf.validFrom)).toBeLessThan(Date.now() - 60_000);
  expect(node.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
});

it('refuses a certificate of another authority', async () => {
  const other = await pki.createAuthority('hathi orders', 1);
  const leaf = new X509Certificate(node.certificate);
  expect(leaf.verify(new X509Certificate(other.certificate).publicKey)).toBe(false);
});
