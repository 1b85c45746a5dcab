import { randomBytes } from 'node:crypto';
import { HathiError } from '../../core/errors.ts';
import { webhookPlace } from '../../core/sealed-places.ts';
import { cloudEvent, type Delivery, type Webhook } from '../../core/webhook/webhook.ts';
import type { Clock, IdSource } from '../../ports/clock.ts';
import type { Wakeups } from '../../ports/event-stream.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import type { WebhookRecord } from '../../ports/webhooks.ts';
import type { Cursors } from '../lists/cursors.ts';
import type { PageOf, PageRequest } from '../lists/page.ts';

/** Use cases of webhooks. A method with an id can throw WEBHOOK_NOT_FOUND. */
export interface WebhookService {
  /** @returns the webhook with its secret, which no other method returns */
  create(request: Pick<Webhook, 'url' | 'events' | 'clusters'>): Promise<CreatedWebhook>;
  list(): Promise<Webhook[]>;
  get(id: string): Promise<Webhook>;
  remove(id: string): Promise<void>;
  /** Enqueues a delivery with an event of the type `webhook.test`. */
  test(id: string): Promise<Delivery>;
  /** Newest first. @throws INVALID_CURSOR */
  deliveries(id: string, page: PageRequest): Promise<PageOf<Delivery>>;
}

export type CreatedWebhook = Webhook & { secret: string };

export interface WebhookServiceTools {
  unitOfWork: UnitOfWork;
  wakeups: Pick<Wakeups, 'notify'>;
  box: SecretBox;
  ids: IdSource;
  clock: Pick<Clock, 'now'>;
  cursors: Cursors;
}

const SECRET_BYTES = 32;
/** Each event is sent to each webhook, so a number without limit would be an amplifier. */
const MOST_WEBHOOKS = 50;

export function createWebhookService(tools: WebhookServiceTools): WebhookService {
  const { webhooks } = tools.unitOfWork.direct;

  const find = async (id: string): Promise<WebhookRecord> => {
    const found = await webhooks.find(id);
    if (found) return found;
    throw new HathiError('WEBHOOK_NOT_FOUND', `There is no webhook ${id}.`, { webhook: id });
  };

  return {
    async create(request) {
      const id = tools.ids.next();
      const secret = randomBytes(SECRET_BYTES);
      if ((await webhooks.list()).length >= MOST_WEBHOOKS) {
        const message = `A server has at most ${MOST_WEBHOOKS} webhooks. Remove one first.`;
        throw new HathiError('INVALID_REQUEST', message);
      }
      const sealed = tools.box.seal(secret, webhookPlace(id));
      const record = await webhooks.insert({ id, ...request, secret: sealed });
      return { ...documentOf(record), secret: `whsec_${secret.toString('base64')}` };
    },
    list: async () => (await webhooks.list()).map(documentOf),
    get: async (id) => documentOf(await find(id)),
    async remove(id) {
      await find(id);
      await webhooks.remove(id);
    },
    async test(id) {
      await find(id);
      const deliveryId = tools.ids.next();
      const at = tools.clock.now().toISOString();
      const event = cloudEvent({ id: deliveryId, type: 'webhook.test', cluster: '', at, data: {} });
      const delivery = await webhooks.insertDelivery({
        id: deliveryId,
        webhook_id: id,
        type: 'webhook.test',
        sequence: null,
        event: { ...event, source: `/api/v1/webhooks/${id}`, subject: id },
      });
      await tools.wakeups.notify('webhooks');
      return delivery;
    },
    async deliveries(id, request) {
      await find(id);
      const list = `deliveries ${id}`;
      const page = tools.cursors.open(request, list);
      const found = await webhooks.deliveries(id, page);
      return tools.cursors.cut(found, page, list, (one) => one.id);
    },
  };
}

function documentOf({ secret: _secret, ...webhook }: WebhookRecord): Webhook {
  return webhook;
}
