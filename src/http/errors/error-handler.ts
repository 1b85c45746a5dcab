import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { asDiskFull } from '../../core/disk-full.ts';
import { HathiError, isHathiError } from '../../core/errors.ts';
import { MAX_BODY_BYTES } from '../server/json-body.ts';
import { nothingAt } from '../server/not-found.ts';
import { type ApiError, HttpError, type ProblemCode } from './http-error.ts';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem.ts';

/** Temporary rejections, with the number of seconds until a retry is useful. */
const RETRY_AFTER_SECONDS: Partial<Record<ProblemCode, number>> = {
  CLUSTER_BUSY: 5,
  IDEMPOTENCY_KEY_IN_USE: 1,
  NETWORK_TAKEN: 1,
  TOO_MANY_STREAMS: 10,
  DATABASE_UNAVAILABLE: 5,
};

/**
 * Sends a problem document for every error that a hook or a route throws.
 * @param clean removes secrets that the caller sent and the problem quotes
 */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  clean: (text: string) => string = (text) => text,
): void {
  const known =
    isHathiError(error) || error instanceof HttpError
      ? error
      : (asDiskFull(error) ?? fromFramework(error, request));
  const problem = problemOf(known, request.id);
  if (problem.status >= 500) request.log.error({ err: error, code: known.code }, known.message);
  if (known.code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
  if (known.code in RETRY_AFTER_SECONDS && !reply.hasHeader('retry-after')) {
    reply.header('retry-after', String(RETRY_AFTER_SECONDS[known.code]));
  }
  // A rejected body was not read completely, so the connection cannot be used for another request.
  if (known.code === 'BODY_TOO_LARGE') reply.header('connection', 'close');
  reply
    .code(problem.status)
    .type(PROBLEM_MEDIA_TYPE)
    .serializer((document: unknown) => clean(JSON.stringify(document)))
    .send(problem);
}

/** Converts errors of Fastify. Every other error is a defect. */
function fromFramework(error: unknown, request: FastifyRequest): ApiError {
  const { code } = error as Partial<FastifyError>;
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new HttpError('UNSUPPORTED_MEDIA_TYPE', mediaTypeSentence(request));
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new HttpError(
        'BODY_TOO_LARGE',
        `The body has more than ${MAX_BODY_BYTES} bytes, which is all that is taken.`,
        { maximum_bytes: MAX_BODY_BYTES },
      );
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new HathiError(
        'INVALID_REQUEST',
        'The length of the body differs from Content-Length.',
      );
    case 'FST_ERR_BAD_URL':
      return new HathiError('INVALID_REQUEST', 'The path has a % that no two hex digits follow.');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new HathiError('INVALID_REQUEST', 'A part of the path is too long.');
    default:
      return (
        fromPlugin(error, request) ??
        new HathiError(
          'INTERNAL',
          `Something went wrong here; the log of the server has it under request ${request.id}.`,
        )
      );
  }
}

/**
 * An error of a plugin with a 4xx status is caused by the request, e.g. a path that leaves the
 * folder of static files.
 */
function fromPlugin(error: unknown, { url }: FastifyRequest): ApiError | null {
  const { statusCode = 500 } = error as Partial<FastifyError>;
  if (statusCode < 400 || statusCode >= 500) return null;
  if (statusCode === 403 || statusCode === 404) {
    return nothingAt(url);
  }
  return new HathiError(
    'INVALID_REQUEST',
    `The request is not valid: ${(error as Error).message}.`,
  );
}

function mediaTypeSentence(request: FastifyRequest): string {
  const type = request.headers['content-type'];
  const was = type === undefined ? 'has no content type' : `is ${JSON.stringify(type)}`;
  return `The body ${was}; send it with "Content-Type: application/json".`;
}

/** Responds to data that is not an HTTP request or is incomplete. */
export function sendClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const problem = problemOf(fromParser(error.code));
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function fromParser(code: string | undefined): ApiError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new HttpError('HEADERS_TOO_LARGE', 'The headers are larger than the server accepts.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new HttpError('REQUEST_TIMEOUT', 'The request did not arrive in time.');
  }
  return new HathiError('INVALID_REQUEST', 'The request is not valid HTTP/1.1.');
}
