import {
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  type HathiError,
} from '../../core/errors.ts';

/** Rejections that only HTTP has. Such a request never reaches a route or a use case. */
const HTTP_ERROR_CODES = {
  MALFORMED_JSON: 'The body is not valid JSON.',
  BODY_TOO_LARGE: 'The body is larger than the server accepts.',
  HEADERS_TOO_LARGE: 'The headers of the request are larger than the server accepts.',
  REQUEST_TIMEOUT: 'The request did not arrive in time.',
  UNSUPPORTED_MEDIA_TYPE: 'The body must be sent as application/json.',
  TOO_MANY_REQUESTS: 'The caller sends more requests than the server accepts from one caller.',
  TOO_MANY_STREAMS: 'The server, or this caller, has as many event streams as it can have.',
  NOT_FOUND: 'Nothing is served at this path.',
  METHOD_NOT_ALLOWED: 'The path exists, but not for this method.',
  FORBIDDEN_HOST: 'The Host header names an address that this server does not serve.',
  FORBIDDEN_ORIGIN: 'A web page of another origin may not use this server.',
  UNAUTHORIZED: 'A valid bearer token is needed.',
} as const;

export type HttpErrorCode = keyof typeof HTTP_ERROR_CODES;

/** Every code of a problem document, with its title. */
export const PROBLEM_CODES = { ...HTTP_ERROR_CODES, ...ERROR_CODES } as const;
export type ProblemCode = ErrorCode | HttpErrorCode;

/** The error of a request that HTTP rejects before it reaches a service. */
export class HttpError extends Error {
  readonly code: HttpErrorCode;
  readonly details: ErrorDetails;

  /** @param details shown to the caller as members of the problem document */
  constructor(code: HttpErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'HttpError';
    this.code = code;
    this.details = details;
  }
}

/** An error that becomes a problem document with its own code. */
export type ApiError = HathiError | HttpError;
