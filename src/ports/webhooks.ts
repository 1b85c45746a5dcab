import type { CloudEvent, Delivery, Webhook } from '../core/webhook/webhook.ts';
import type { Page } from './page.ts';
import type { Sealed } from './secrets.ts';

export interface WebhookRecord extends Webhook {
  secret: Sealed;
}

export interface DeliveryRecord extends Delivery {
  event: CloudEvent;
}

/** A delivery that is due, with everything that the attempt needs. */
export interface DueDelivery {
  delivery: DeliveryRecord;
  webhook: WebhookRecord;
}

export interface AttemptResult {
  status: number | null;
  /** null if the webhook responded with a status from 200 to 299. */
  error: string | null;
}

export interface WebhookStore {
  insert(webhook: Omit<WebhookRecord, 'created_at'>): Promise<WebhookRecord>;
  /** Webhooks in the order of their creation. */
  list(): Promise<WebhookRecord[]>;
  find(id: string): Promise<WebhookRecord | null>;
  /** Removes the webhook with its deliveries. */
  remove(id: string): Promise<void>;
  insertDelivery(delivery: {
    id: string;
    webhook_id: string;
    type: string;
    sequence: number | null;
    event: CloudEvent;
  }): Promise<Delivery>;
  /** Newest first; `after` is an id. */
  deliveries(webhookId: string, page: Page): Promise<Delivery[]>;
  /** Due deliveries, which no other server claims for `seconds`. */
  claim(limit: number, seconds: number): Promise<DueDelivery[]>;
  /** @param nextAt null if this was the last attempt */
  finish(deliveryId: string, result: AttemptResult, nextAt: string | null): Promise<void>;
  /** Removes finished deliveries that are older than `seconds`. */
  prune(seconds: number): Promise<void>;
}

/** Sends one signed request. Never throws. */
export interface WebhookSender {
  send(url: string, secret: Uint8Array, id: string, event: CloudEvent): Promise<AttemptResult>;
}
