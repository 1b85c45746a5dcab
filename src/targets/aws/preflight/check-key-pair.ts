import { DescribeKeyPairsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { Finding } from '../../../core/plan/plan-context.ts';
import type { PreflightInput } from '../account/cloud.ts';
import { ec2Fingerprint, keyOf, sameFingerprint } from './key-fingerprint.ts';
import { error, info, request, warning } from './request.ts';

/** Checks whether the named key pair exists and matches the private key that Hathi will use. */
export async function checkKeyPair(
  ec2: EC2Client,
  { region, keyName, publicKey }: PreflightInput,
): Promise<Finding[]> {
  // Hathi creates the key pair.
  if (keyName === null) return [];

  // Uses a filter, because a request by name fails if the key pair does not exist.
  const found = await request('ec2:DescribeKeyPairs', () =>
    ec2.send(
      new DescribeKeyPairsCommand({
        Filters: [{ Name: 'key-name', Values: [keyName] }],
        IncludePublicKey: true,
      }),
    ),
  );
  const pair = found.KeyPairs?.[0];
  if (!pair) {
    return [
      error(
        'key-pair',
        `The region ${region} has no key pair ${keyName}.`,
        'A key pair belongs to one region: import its public half there (`aws ec2 import-key-pair`), name another, or leave `key_name` away so that Hathi makes one.',
      ),
    ];
  }
  if (publicKey === null) {
    return [info('key-pair', `The key pair ${keyName} is there; its key was not compared.`)];
  }
  const matches = pair.PublicKey
    ? keyOf(pair.PublicKey) === keyOf(publicKey)
    : fits(publicKey, pair.KeyFingerprint ?? '');
  if (matches === null) {
    return [
      warning(
        'key-pair-matches',
        `EC2 does not tell the public key of ${keyName}, so it could not be compared with the private key.`,
        'See that the private key file is the one that was downloaded with this key pair.',
      ),
    ];
  }
  return matches
    ? [info('key-pair-matches', `The private key belongs to the key pair ${keyName}.`)]
    : [
        error(
          'key-pair-matches',
          `The private key does not belong to the key pair ${keyName}: no machine made with the pair would let Hathi in.`,
          'Give the private key file of this key pair, or the name of the pair that the file belongs to.',
        ),
      ];
}

/** @returns null if the fingerprint is that of a private key that EC2 created: SHA-1, 20 bytes */
function fits(publicKey: string, fingerprint: string): boolean | null {
  const own = ec2Fingerprint(publicKey);
  if (own === null || fingerprint === '' || fingerprint.split(':').length === 20) return null;
  return sameFingerprint(own, fingerprint);
}
