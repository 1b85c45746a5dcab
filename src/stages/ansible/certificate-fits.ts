import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate that expires sooner is replaced. */
const RENEW_DAYS = 60;
const DAY_MILLISECONDS = 86_400_000;

/**
 * Whether a node's certificate can be kept: it is signed by this authority, valid for long enough,
 * and contains all names and addresses.
 */
export function certificateFits(
  pem: string,
  authorityPem: string,
  names: readonly string[],
  now: Date,
): boolean {
  const certificate = new X509Certificate(pem);
  const ends = new Date(certificate.validTo).getTime();
  return (
    certificate.verify(new X509Certificate(authorityPem).publicKey) &&
    ends - now.getTime() > RENEW_DAYS * DAY_MILLISECONDS &&
    names.every(
      (name) =>
        (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined,
    )
  );
}
