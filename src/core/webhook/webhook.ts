import { z } from 'zod';
import { instantSchema } from '../instant.ts';
import { CLUSTER_EVENTS, type ClusterEventType } from '../observation/cluster-event.ts';

export const WEBHOOK_EVENTS = Object.keys(CLUSTER_EVENTS) as [
  ClusterEventType,
  ...ClusterEventType[],
];

export const webhookUrlSchema = z.url({ protocol: /^https?$/ }).max(2_048);

/** An address that receives events of clusters. */
export const webhookSchema = z.object({
  id: z.string(),
  url: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENTS)).describe('Types of events; empty: all.'),
  clusters: z.array(z.string()).describe('Names of clusters; empty: all.'),
  created_at: instantSchema,
});
export type Webhook = z.infer<typeof webhookSchema>;

export const DELIVERY_STATES = ['pending', 'succeeded', 'failed'] as const;

/** The delivery of one event to one webhook. */
export const deliverySchema = z.object({
  id: z.string().describe('Value of the header `webhook-id`, the same for each attempt.'),
  webhook_id: z.string(),
  type: z.string().describe('Type of the event.'),
  sequence: z.int().nullable().describe('Sequence of the event; null for a test.'),
  state: z.enum(DELIVERY_STATES),
  attempts: z.int(),
  status: z.int().nullable().describe('HTTP status of the last response; null without one.'),
  error: z.string().nullable().describe('Why the last attempt failed.'),
  next_at: instantSchema.nullable().describe('Time of the next attempt; null if there is none.'),
  created_at: instantSchema,
});
export type Delivery = z.infer<typeof deliverySchema>;

const RETRY_SECONDS = [5, 30, 120, 600, 3_600, 21_600];

/** Seconds until the next attempt; null after the last one. @param attempts made, at least 1 */
export function retryAfter(attempts: number): number | null {
  return RETRY_SECONDS[attempts - 1] ?? null;
}

/** The body of a delivery. @see CloudEvents 1.0, JSON format */
export interface CloudEvent {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  data: unknown;
}

export function cloudEvent(event: {
  id: string;
  type: string;
  cluster: string;
  at: string;
  data: unknown;
}): CloudEvent {
  return {
    specversion: '1.0',
    id: event.id,
    source: `/api/v1/clusters/${event.cluster}`,
    type: `hathi.${event.type}`,
    subject: event.cluster,
    time: event.at,
    datacontenttype: 'application/json',
    data: event.data,
  };
}
