import { createHash, createPublicKey } from 'node:crypto';

/** Returns the type and the base64 data of an OpenSSH public key, without its comment. */
export function keyOf(openSsh: string): string {
  return openSsh.trim().split(/\s+/).slice(0, 2).join(' ');
}

/**
 * Returns the fingerprint that EC2 reports for an imported key pair. For Ed25519 this is SHA-256 in
 * base64, for RSA the MD5 of the DER in hex. If EC2 created the key pair, its fingerprint is that
 * of the private key and cannot be compared.
 * @returns null for another kind of key
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
 */
export function ec2Fingerprint(openSsh: string): string | null {
  const [type, base64 = ''] = keyOf(openSsh).split(' ');
  const blob = Buffer.from(base64, 'base64');
  if (type === 'ssh-ed25519') return createHash('sha256').update(blob).digest('base64');
  if (type !== 'ssh-rsa') return null;
  const [, exponent, modulus] = stringsOf(blob);
  if (!exponent || !modulus) return null;
  const jwk = { kty: 'RSA', e: unsigned(exponent), n: unsigned(modulus) };
  const der = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
  const hex = createHash('md5').update(der).digest('hex');
  return hex.match(/../g)?.join(':') ?? null;
}

/**
 * Returns whether two fingerprints are of the same key. Padding and the name of the hash can
 * differ.
 */
export function sameFingerprint(one: string, other: string): boolean {
  const bare = (text: string) => text.replace(/^SHA256:/i, '').replace(/={1,2}$/, '');
  return bare(one) === bare(other);
}

/** Reads the strings of the SSH format: four bytes of length, then the bytes. */
function stringsOf(blob: Buffer): Buffer[] {
  const strings: Buffer[] = [];
  for (let at = 0; at + 4 <= blob.length; ) {
    const length = blob.readUInt32BE(at);
    strings.push(blob.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return strings;
}

/** SSH writes a zero byte before a number whose first bit is set. JWK does not. */
function unsigned(number: Buffer): string {
  return (number[0] === 0 ? number.subarray(1) : number).toString('base64url');
}
