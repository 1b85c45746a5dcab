import { z } from 'zod';
import { clusterNameSchema } from '../../core/cluster/cluster-spec.ts';
import {
  deliverySchema,
  WEBHOOK_EVENTS,
  webhookSchema,
  webhookUrlSchema,
} from '../../core/webhook/webhook.ts';
import { deliveryExample, webhookExample } from './examples.ts';
import { nextCursor } from './page.ts';

const SECRET_EXAMPLE = 'whsec_as-generated';

export const webhookParamsSchema = z.strictObject({
  id: z.uuid().describe('Id of the webhook.'),
});

export const createWebhookBody = z
  .strictObject({
    url: webhookUrlSchema.describe(
      'Address that receives the events. A private address is rejected, unless the server allows its network.',
    ),
    events: z.array(z.enum(WEBHOOK_EVENTS)).max(20).default([]).describe('Types; empty: all.'),
    clusters: z
      .array(clusterNameSchema)
      .max(100)
      .default([])
      .describe('Names of clusters; empty: all.'),
  })
  .meta({ examples: [{ url: 'https://example.com/hathi' }] });

export const webhookResponse = webhookSchema.meta({
  id: 'Webhook',
  description: 'An address that receives events of clusters.',
  examples: [webhookExample],
});

export const createdWebhookSchema = webhookSchema
  .extend({
    secret: z
      .string()
      .describe('Key of the signatures. It is returned once; keep it for the receiver.'),
  })
  .meta({
    id: 'CreatedWebhook',
    description: 'A new webhook with its secret.',
    examples: [{ ...webhookExample, secret: SECRET_EXAMPLE }],
  });

export const webhookListSchema = z.object({ webhooks: z.array(webhookResponse) }).meta({
  id: 'WebhookList',
  description: 'Webhooks, the oldest first.',
  examples: [{ webhooks: [webhookExample] }],
});

export const deliveryResponse = deliverySchema.meta({
  id: 'WebhookDelivery',
  description: 'The delivery of one event to one webhook.',
  examples: [deliveryExample],
});

export const deliveryListSchema = z
  .object({ deliveries: z.array(deliveryResponse), next_cursor: nextCursor })
  .meta({
    id: 'WebhookDeliveryList',
    description: 'Deliveries, newest first.',
    examples: [{ deliveries: [deliveryExample], next_cursor: null }],
  });
