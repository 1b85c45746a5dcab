import { expect, it } from 'vitest';
import { HathiError } from '../../../core/errors.ts';
import { cloudError, isAboutAccess, isDenied, isGone, isInUse } from './aws-errors.ts';

const REGION = 'eu-central-1';
const ASKED = 'ec2:DescribeTags';
const named = (name: string, message = 'a secret word', more: object = {}) =>
  Object.assign(new Error(message), { name, ...more });
const sentenceOf = (error: unknown) => cloudError(error, REGION, ASKED).message;

it.each([
  [
    named('CredentialsProviderError', 'Could not load credentials from any providers'),
    'AWS_PROFILE',
  ],
  [named('CredentialsProviderError', 'The SSO session has expired.'), 'aws sso login'],
  [named('TokenProviderError', 'Token is expired.'), 'aws sso login'],
  [named('CredentialsProviderError', 'Profile x was not found.'), 'list-profiles'],
  [named('ExpiredToken'), 'have expired'],
  [named('RequestExpired'), 'have expired'],
  [named('InvalidClientTokenId'), 'does not accept the credentials in eu-central-1'],
  [named('SignatureDoesNotMatch'), 'clock'],
  [named('Error', 'x', { code: 'ENOTFOUND', hostname: 'sts.mars-1.amazonaws.com' }), 'sts.mars-1'],
  [named('Error', 'x', { code: 'ECONNREFUSED' }), 'cannot be reached'],
  [named('TimeoutError'), 'cannot be reached'],
])('has a sentence of its own for %s', (error, part) => {
  expect(cloudError(error, REGION, ASKED)).toMatchObject({
    code: 'CLOUD_UNAVAILABLE',
    message: expect.stringContaining(part),
  });
  expect(isAboutAccess(error)).toBe(true);
});

it('names the permission that is missing, and what AWS said otherwise', () => {
  expect(sentenceOf(named('UnauthorizedOperation'))).toContain('may not do ec2:DescribeTags');
  expect(sentenceOf(named('RequestLimitExceeded'))).toContain('one request too many');
  expect(sentenceOf(named('InternalError'))).toContain('InternalError');
  const page = named('Error', '<html>', { $metadata: { httpStatusCode: 502 } });
  expect(sentenceOf(page)).toContain('HTTP 502');
  expect(isAboutAccess(named('UnauthorizedOperation'))).toBe(false);
});

it('passes on nothing that AWS or a credential process wrote', () => {
  for (const name of ['SignatureDoesNotMatch', 'CredentialsProviderError', 'InternalError']) {
    const error = cloudError(named(name), REGION, ASKED);
    expect(JSON.stringify([error.message, error.details])).not.toContain('secret word');
  }
  expect(cloudError(named('SignatureDoesNotMatch'), REGION, ASKED).cause).toBeUndefined();
});

it('leaves an error of ours as it is', () => {
  const own = new HathiError('OPERATION_FAILED', 'x');
  expect(cloudError(own, REGION, ASKED)).toBe(own);
});

it('tells what is gone from what is used', () => {
  for (const code of [
    'InvalidVolume.NotFound',
    'NatGatewayNotFound',
    'NoSuchEntity',
    'NoSuchEntityException',
  ]) {
    expect(isGone(named(code)), code).toBe(true);
  }
  for (const code of [
    'DependencyViolation',
    'VolumeInUse',
    'InvalidIPAddress.InUse',
    'DeleteConflict',
  ]) {
    expect(isInUse(named(code)), code).toBe(true);
  }
  expect(isGone(named('DependencyViolation'))).toBe(false);
  // A malformed id cannot belong to a removed resource.
  expect(isGone(named('InvalidInstanceID.Malformed'))).toBe(false);
  expect(isInUse(named('OperationNotPermitted'))).toBe(false);
  expect(isDenied(named('AccessDeniedException'))).toBe(true);
});
