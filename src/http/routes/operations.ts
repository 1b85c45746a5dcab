import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { HathiError } from '../../core/errors.ts';
import { isFinished } from '../../core/operation/operation-state.ts';
import type { OperationService } from '../../services/operations/operation-service.ts';
import {
  approveBodySchema,
  cancelBodySchema,
  followQuerySchema,
  operationEventSchema,
  operationListSchema,
  operationParamsSchema,
  operationQuerySchema,
  operationSchema,
} from '../schemas/operation.ts';
import { BODY_PROBLEMS, problems } from '../schemas/problem.ts';
import { type EventStreams, lastEventId, lastEventIdHeaders } from '../server/event-streams.ts';
import { callerOf, IDEMPOTENCY_PROBLEMS, idempotencyHeaders } from '../server/idempotency.ts';
import { accepted } from '../server/responses.ts';

export interface OperationRoutes {
  operations: OperationService;
  streams: EventStreams;
}

const tags = ['operations'];

export const operationRoutes: FastifyPluginAsyncZod<OperationRoutes> = async (app, routes) => {
  const { operations, streams } = routes;

  app.get(
    '/operations',
    {
      schema: {
        operationId: 'listOperations',
        tags,
        summary: 'List operations, newest first',
        querystring: operationQuerySchema,
        response: {
          200: operationListSchema,
          ...problems(
            'INVALID_REQUEST',
            'INVALID_CLUSTER_NAME',
            'CLUSTER_NOT_FOUND',
            'INVALID_CURSOR',
          ),
        },
      },
    },
    async (request) => {
      const { cluster, state, ...page } = request.query;
      const { entries, ...rest } = await operations.list({ cluster, state }, page);
      return { operations: entries, ...rest };
    },
  );

  app.get(
    '/operations/:id',
    {
      schema: {
        operationId: 'getOperation',
        tags,
        summary: 'Get an operation with its stages',
        params: operationParamsSchema,
        response: {
          200: operationSchema,
          ...problems('INVALID_REQUEST', 'ID_AMBIGUOUS', 'OPERATION_NOT_FOUND'),
        },
      },
    },
    async (request) => operations.get(request.params.id),
  );

  app.get(
    '/operations/:id/events',
    {
      schema: {
        operationId: 'followOperation',
        tags,
        summary: 'Follow the events of an operation',
        description:
          'Server-sent events: first the stored ones, then each new one, until the operation ends. The id of an event is its sequence, its data an `OperationEvent`.',
        params: operationParamsSchema,
        querystring: followQuerySchema,
        headers: lastEventIdHeaders,
        response: {
          200: {
            description: 'Frames `id: <sequence>`, `data: <OperationEvent as JSON>`.',
            // The schema of one event; see openapi-portable.ts.
            content: { 'text/event-stream': { schema: operationEventSchema } },
          },
          204: z
            .undefined()
            .describe('The operation has ended, and the client received all of its events.'),
          ...problems('INVALID_REQUEST', 'ID_AMBIGUOUS', 'OPERATION_NOT_FOUND', 'TOO_MANY_STREAMS'),
        },
      },
    },
    async (request, reply) => {
      const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? 0;
      const operation = await operations.get(request.params.id);
      // The event does not exist yet, and waiting for it would skip all earlier events.
      if (after > operation.last_sequence) throw beyondTheNewest(after, operation.last_sequence);
      // 204 is the only response after which an EventSource does not reconnect.
      if (isFinished(operation.state) && after === operation.last_sequence) {
        return reply.code(204).send(undefined);
      }
      return streams.send(request, reply, (signal) =>
        operations.follow(operation.id, after, signal),
      );
    },
  );

  app.post(
    '/operations/:id/cancel',
    {
      schema: {
        operationId: 'cancelOperation',
        tags,
        summary: 'Cancel an operation',
        params: operationParamsSchema,
        headers: idempotencyHeaders,
        body: cancelBodySchema,
        response: {
          202: operationSchema,
          ...problems(
            ...BODY_PROBLEMS,
            ...IDEMPOTENCY_PROBLEMS,
            'ID_AMBIGUOUS',
            'OPERATION_NOT_FOUND',
            'TRANSITION_NOT_ALLOWED',
          ),
        },
      },
    },
    async (request, reply) =>
      reply.code(202).send(await operations.cancel(request.params.id, request.body.level)),
  );

  app.post(
    '/operations/:id/approve',
    {
      schema: {
        operationId: 'approveOperation',
        tags,
        summary: 'Approve the plan of an operation',
        params: operationParamsSchema,
        headers: idempotencyHeaders,
        body: approveBodySchema,
        response: {
          202: operationSchema,
          ...problems(
            ...BODY_PROBLEMS,
            ...IDEMPOTENCY_PROBLEMS,
            'ID_AMBIGUOUS',
            'OPERATION_NOT_FOUND',
            'TRANSITION_NOT_ALLOWED',
            'PLAN_STALE',
            'PLAN_REFUSED',
          ),
        },
      },
    },
    async (request, reply) =>
      reply.code(202).send(await operations.approve(request.params.id, request.body.plan_id)),
  );

  app.post(
    '/operations/:id/retry',
    {
      schema: {
        operationId: 'retryOperation',
        tags,
        summary: 'Retry an operation that did not succeed',
        description: 'Returns a new operation. It skips work that is already done.',
        params: operationParamsSchema,
        headers: idempotencyHeaders,
        body: z.strictObject({}).meta({ examples: [{}] }),
        response: {
          202: operationSchema,
          ...problems(
            ...BODY_PROBLEMS,
            ...IDEMPOTENCY_PROBLEMS,
            'ID_AMBIGUOUS',
            'OPERATION_NOT_FOUND',
            'TRANSITION_NOT_ALLOWED',
            'CLUSTER_NOT_FOUND',
            'CLUSTER_BUSY',
            'CLUSTER_PROTECTED',
          ),
        },
      },
    },
    async (request, reply) =>
      accepted(reply, await operations.retry(request.params.id, callerOf(request))),
  );
};

function beyondTheNewest(after: number, newest: number): HathiError {
  const message = `Event ${after} is beyond the newest one of this operation, which is ${newest}.`;
  return new HathiError('INVALID_REQUEST', message, {
    errors: [{ path: '/last-event-id', message, expected: `a sequence from 0 to ${newest}` }],
  });
}
