import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { WebhookService } from '../../services/webhooks/webhook-service.ts';
import { pageQuerySchema } from '../schemas/page.ts';
import { BODY_PROBLEMS, problems } from '../schemas/problem.ts';
import {
  createdWebhookSchema,
  createWebhookBody,
  deliveryListSchema,
  deliveryResponse,
  webhookListSchema,
  webhookParamsSchema,
  webhookResponse,
} from '../schemas/webhook.ts';
import { IDEMPOTENCY_PROBLEMS, idempotencyHeaders } from '../server/idempotency.ts';

export interface WebhookRoutes {
  webhooks: WebhookService;
}

const tags = ['webhooks'];

export const webhookRoutes: FastifyPluginAsyncZod<WebhookRoutes> = async (app, { webhooks }) => {
  app.post(
    '/webhooks',
    {
      schema: {
        operationId: 'createWebhook',
        tags,
        summary: 'Create a webhook that receives events of clusters',
        description:
          'Each event is a CloudEvent 1.0, signed as in Standard Webhooks. A delivery that fails is repeated up to six times, within about eight hours.',
        headers: idempotencyHeaders,
        body: createWebhookBody,
        response: {
          201: createdWebhookSchema,
          ...problems(...BODY_PROBLEMS, ...IDEMPOTENCY_PROBLEMS),
        },
      },
    },
    async (request, reply) => reply.code(201).send(await webhooks.create(request.body)),
  );

  app.get(
    '/webhooks',
    {
      schema: {
        operationId: 'listWebhooks',
        tags,
        summary: 'List webhooks',
        response: { 200: webhookListSchema, ...problems('DATABASE_UNAVAILABLE') },
      },
    },
    async () => ({ webhooks: await webhooks.list() }),
  );

  app.get(
    '/webhooks/:id',
    {
      schema: {
        operationId: 'getWebhook',
        tags,
        summary: 'Get a webhook',
        params: webhookParamsSchema,
        response: { 200: webhookResponse, ...problems('INVALID_REQUEST', 'WEBHOOK_NOT_FOUND') },
      },
    },
    async (request) => await webhooks.get(request.params.id),
  );

  app.delete(
    '/webhooks/:id',
    {
      schema: {
        operationId: 'deleteWebhook',
        tags,
        summary: 'Delete a webhook with its deliveries',
        params: webhookParamsSchema,
        response: {
          204: z.undefined().describe('The webhook no longer exists.'),
          ...problems('INVALID_REQUEST', 'WEBHOOK_NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      await webhooks.remove(request.params.id);
      return reply.code(204).send(undefined);
    },
  );

  app.post(
    '/webhooks/:id/test',
    {
      schema: {
        operationId: 'testWebhook',
        tags,
        summary: 'Send a test event to a webhook',
        description: 'Returns the delivery before it is attempted; its type is `webhook.test`.',
        params: webhookParamsSchema,
        headers: idempotencyHeaders,
        body: z.strictObject({}).meta({ examples: [{}] }),
        response: {
          202: deliveryResponse,
          ...problems(...BODY_PROBLEMS, ...IDEMPOTENCY_PROBLEMS, 'WEBHOOK_NOT_FOUND'),
        },
      },
    },
    async (request, reply) => reply.code(202).send(await webhooks.test(request.params.id)),
  );

  app.get(
    '/webhooks/:id/deliveries',
    {
      schema: {
        operationId: 'listWebhookDeliveries',
        tags,
        summary: 'List the deliveries of a webhook, newest first',
        params: webhookParamsSchema,
        querystring: pageQuerySchema,
        response: {
          200: deliveryListSchema,
          ...problems('INVALID_REQUEST', 'WEBHOOK_NOT_FOUND', 'INVALID_CURSOR'),
        },
      },
    },
    async (request) => {
      const { entries, ...rest } = await webhooks.deliveries(request.params.id, request.query);
      return { deliveries: entries, ...rest };
    },
  );
};
