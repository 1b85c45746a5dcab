import { HathiError, isHathiError } from '../../../core/errors.ts';

/**
 * Messages for the errors of the SDK. The SDK's own messages are not passed on. The message of a
 * wrong signature contains the session token. The message of a credential process contains its
 * output.
 */

const DENIED = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|UnauthorizedAccess)$/;
const EXPIRED = /^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/;
const INVALID =
  /^(AuthFailure|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken|OptInRequired)$/;
const THROTTLED =
  /^(RequestLimitExceeded|Throttling|ThrottlingException|TooManyRequestsException)$/;
const NO_SUCH_HOST = 'ENOTFOUND';
const UNREACHABLE =
  /^(EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EPIPE|ETIMEDOUT|TimeoutError|CERT_HAS_EXPIRED|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/;
const GONE = /NotFound$|^NoSuchEntity/;
/**
 * The resource is still in use. The use can end without any action, e.g. the network interface of a
 * machine.
 */
const IN_USE = /^(DependencyViolation|DeleteConflict|VolumeInUse|IncorrectState)|\.InUse$/;

/**
 * Code of an error: from AWS (`InvalidAMIID.NotFound`), from the system (`ECONNREFUSED`), or `HTTP
 * 502`.
 */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code, Code, $metadata } = error as {
    code?: unknown;
    Code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  if (typeof code === 'string') return code;
  if (typeof Code === 'string') return Code;
  // The error page of a proxy is not a response of AWS and has no code.
  const status = $metadata?.httpStatusCode;
  return error.name === 'Error' && status !== undefined ? `HTTP ${status}` : error.name;
}

export const isDenied = (error: unknown) => DENIED.test(codeOf(error));
export const isGone = (error: unknown) => GONE.test(codeOf(error));
export const isInUse = (error: unknown) => IN_USE.test(codeOf(error));

/**
 * Returns true if every other request would fail in the same way. Further requests are then
 * useless.
 */
export function isAboutAccess(error: unknown): boolean {
  return isHathiError(error) || accessProblem(error, '') !== null;
}

/**
 * @param asked the request, named like its permission, e.g. `ec2:DescribeTags`
 * @returns CLOUD_UNAVAILABLE with the next step, or the error itself if it is already Hathi's
 */
export function cloudError(error: unknown, region: string, asked: string): HathiError {
  if (isHathiError(error)) return error;
  const code = codeOf(error);
  const details = { region, asked, aws_code: code };
  const problem = accessProblem(error, region);
  if (problem) return new HathiError('CLOUD_UNAVAILABLE', problem, details);
  if (isDenied(error)) {
    return new HathiError(
      'CLOUD_UNAVAILABLE',
      `The AWS credentials may not do ${asked} in ${region}. Allow it in a policy of the user or role that they belong to.`,
      { ...details, permission: asked },
    );
  }
  if (THROTTLED.test(code)) {
    return new HathiError(
      'CLOUD_UNAVAILABLE',
      `AWS refused ${asked} in ${region} as one request too many (${code}), and refused it again each time it was repeated. Try again in a few minutes.`,
      details,
    );
  }
  return new HathiError(
    'CLOUD_UNAVAILABLE',
    `AWS answered ${asked} in ${region} with ${code}. If it happens again, see https://health.aws.amazon.com/health/status and the log of the server.`,
    details,
    { cause: error },
  );
}

/** @returns a sentence about credentials or the connection; null for any other error */
function accessProblem(error: unknown, region: string): string | null {
  const code = codeOf(error);
  const name = error instanceof Error ? error.name : '';
  const said = error instanceof Error ? error.message : '';
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return credentialsProblem(said);
  }
  if (EXPIRED.test(code)) {
    return 'The AWS credentials have expired. Renew them, e.g. with `aws sso login` (and `--profile NAME` for a profile); those in environment variables have to be set anew and the server started again. Then repeat what was asked; it carries on where it was.';
  }
  if (INVALID.test(code)) {
    return `AWS does not accept the credentials in ${region} (${code}). See with \`aws sts get-caller-identity --region ${region}\` that they are right, that this machine's clock is right, and that the account has the region switched on.`;
  }
  if (code === NO_SUCH_HOST) {
    const host = (error as { hostname?: unknown }).hostname;
    const address = typeof host === 'string' ? host : `the API of ${region}`;
    return `No machine is called ${address}: AWS has no region ${region}, or this machine cannot look up names on the internet. Regions are called e.g. eu-central-1.`;
  }
  if (UNREACHABLE.test(code) || UNREACHABLE.test(name)) {
    return `The API of AWS in ${region} cannot be reached (${code}). See that this machine may open HTTPS connections to amazonaws.com, and that AWS_ENDPOINT_URL is unset or leads to something that answers.`;
  }
  return null;
}

/** The SDK distinguishes these cases only in the message. */
function credentialsProblem(said: string): string {
  if (/sso|token is expired|aws login|login_session/i.test(said) && !/any providers/.test(said)) {
    return 'The sign-in to AWS has expired or was never made. Run `aws sso login` (with `--profile NAME` for a profile; `aws login` if the profile was made with that), then repeat what was asked.';
  }
  if (/profile/i.test(said)) {
    return 'The profile that AWS_PROFILE names gives no credentials: it is not in ~/.aws/config or ~/.aws/credentials, or is incomplete. See `aws configure list-profiles`, or set another AWS_PROFILE and start the server again.';
  }
  return 'No AWS credentials were found. Set AWS_PROFILE (after `aws configure sso` and `aws sso login`), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, for the server and start it again; on an EC2 instance, give the instance a role.';
}
