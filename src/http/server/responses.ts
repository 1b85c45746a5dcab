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
export function sharedResponse<Result extends object, Answer>(
  make: (result: Result) => Answer,
): (result: Result) => Answer {
  const answers = new WeakMap<Result, Answer>();
  return (result) => {
    const known = answers.get(result);
    if (known !== undefined) return known;
    const answer = make(result);
    answers.set(result, answer);
    return answer;
  };
}

/**
 * The tag of an `If-Match`; null where any will do. @throws INVALID_REQUEST for what is no entity
 * tag
 */
export function tagIn(header: string | undefined): string | null {
  if (header === undefined || header.trim() === '*') return null;
  const tag = /^"([^"]*)"$/.exec(header.trim())?.[1];
  if (tag !== undefined) return tag;
  const message = 'If-Match must be one ETag, in its quotes.';
  throw new HathiError('INVALID_REQUEST', message, {
    errors: [{ path: '/if-match', message, expected: 'an ETag that this server gave' }],
  });
}
