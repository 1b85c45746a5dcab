import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Clock } from '../../ports/clock.ts';
import type { CertificateRequest, CertifiedKey, Pki } from '../../ports/pki.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MILLISECONDS = 86_400_000;
/** Certificates are valid from this long before now, for nodes whose clock is behind. */
const BACKDATED_MILLISECONDS = 3_600_000;

/** Creates the certificate authority of a cluster and its node certificates, all EC P-256. */
export function createX509Pki(clock: Pick<Clock, 'now'>): Pki {
  cryptoProvider.set(webcrypto as Crypto);
  return {
    async createAuthority(commonName: string, validDays: number): Promise<CertifiedKey> {
      const keys = await generateKeys();
      const certificate = await X509CertificateGenerator.createSelfSigned({
        ...validity(clock, validDays),
        serialNumber: serial(),
        name: [{ CN: [commonName] }],
        keys,
        signingAlgorithm: ALGORITHM,
        extensions: [
          // Path length 0: the authority can sign node certificates, but no further authorities.
          new BasicConstraintsExtension(true, 0, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
          await SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
      });
      return { certificate: pem(certificate), privateKey: await privatePem(keys.privateKey) };
    },

    async issue(authority: CertifiedKey, request: CertificateRequest): Promise<CertifiedKey> {
      const keys = await generateKeys();
      const issuer = new X509Certificate(authority.certificate);
      const names: JsonGeneralName[] = [
        ...request.dnsNames.map((value) => ({ type: 'dns', value }) as const),
        ...request.addresses.map((value) => ({ type: 'ip', value }) as const),
      ];
      const certificate = await X509CertificateGenerator.create({
        ...validity(clock, request.validDays),
        serialNumber: serial(),
        subject: [{ CN: [request.commonName] }],
        issuer: issuer.subjectName,
        publicKey: keys.publicKey,
        signingKey: await signingKey(authority.privateKey),
        signingAlgorithm: ALGORITHM,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          // Members are servers and clients of each other: etcd peers, Patroni's REST API.
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          new SubjectAlternativeNameExtension(names),
          await SubjectKeyIdentifierExtension.create(keys.publicKey),
          await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
        ],
      });
      return { certificate: pem(certificate), privateKey: await privatePem(keys.privateKey) };
    },
  };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function signingKey(privateKey: string): Promise<CryptoKey> {
  const der = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

async function privatePem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const pem = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' });
  return pem.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem').trimEnd()}\n`;
}

/**
 * 128 random bits. The first bit is 0, because a serial must not be negative. A later bit is always
 * 1.
 */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function validity(clock: Pick<Clock, 'now'>, days: number): { notBefore: Date; notAfter: Date } {
  const now = clock.now().getTime();
  return {
    notBefore: new Date(now - BACKDATED_MILLISECONDS),
    notAfter: new Date(now + days * DAY_MILLISECONDS),
  };
}
