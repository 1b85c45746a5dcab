import type { FastifyReply } from 'fastify';
import { HathiError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation/operation.ts';
import type { Tagged } from '../../services/clusters/cluster-service.ts';

/** 202 with the operation and its `Location`. */
export function accepted(reply: FastifyReply, operation: Operation) {
  return reply.code(202).header('location', `/api/v1/operations/${operation.id}`).send(operation);
}

export function sendTagged<View>(reply: FastifyReply, { view, tag }: Tagged<View>): View {
  reply.header('etag', `"${tag}"`);
  return view;
}

/** Returns the same response for the same result, so that a shared response is serialized once. */
export function sharedResponse<Result extends object, Output>(
  make: (result: Result) => Output,
): (result: Result) => Output {
  const responses = new WeakMap<Result, Output>();
  return (result) => {
    const known = responses.get(result);
    if (known !== undefined) return known;
    const response = make(result);
    responses.set(result, response);
    return response;
  };
}

/**
 * The tag of an `If-Match`; null if any tag matches. @throws INVALID_REQUEST for an invalid entity
 * tag
 */
export function tagIn(header: string | undefined): string | null {
  if (header === undefined || header.trim() === '*') return null;
  const tag = /^"([^"]*)"$/.exec(header.trim())?.[1];
  if (tag !== undefined) return tag;
  const message = 'If-Match must be one ETag, in its quotes.';
  throw new HathiError('INVALID_REQUEST', message, {
    errors: [{ path: '/if-match', message, expected: 'an ETag of this server' }],
  });
}
