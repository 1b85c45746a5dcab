import { createHash, generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { ec2Fingerprint, keyOf, sameFingerprint } from './key-fingerprint.ts';

const field = (bytes: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

it('compares keys without their comments', () => {
  expect(keyOf(' ssh-ed25519 AAAA  me@here\n')).toBe('ssh-ed25519 AAAA');
});

it('is SHA-256 of an Ed25519 key', () => {
  const blob = Buffer.concat([field(Buffer.from('ssh-ed25519')), field(Buffer.alloc(32, 7))]);
  const wanted = createHash('sha256').update(blob).digest('base64');
  const found = ec2Fingerprint(`ssh-ed25519 ${blob.toString('base64')} me`) ?? '';
  expect(found).toBe(wanted);
  expect(sameFingerprint(`SHA256:${wanted.replace(/=+$/, '')}`, found)).toBe(true);
  expect(sameFingerprint('SHA256:other', found)).toBe(false);
});

it('is MD5 of the DER of an RSA key', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.from(n, 'base64url')]);
  const blob = Buffer.concat([
    field(Buffer.from('ssh-rsa')),
    field(Buffer.from(e, 'base64url')),
    field(modulus),
  ]);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const wanted = createHash('md5')
    .update(der)
    .digest('hex')
    .replace(/(..)(?!$)/g, '$1:');
  expect(ec2Fingerprint(`ssh-rsa ${blob.toString('base64')}`)).toBe(wanted);
});

it('is unknown of what is no such key', () => {
  expect(ec2Fingerprint('ssh-rsa AAAA')).toBeNull();
  expect(ec2Fingerprint('ecdsa-sha2-nistp256 AAAA')).toBeNull();
});
