import type { ClusterEvent } from '../core/observation/cluster-event.ts';
import { cloudEvent } from '../core/webhook/webhook.ts';
import type { IdSource } from '../ports/clock.ts';
import type { Stores } from '../ports/stores.ts';

/**
 * Enqueues a delivery of each event to each webhook that selects it, in the transaction of the events.
 * @returns whether there is one
 */
export async function enqueueWebhooks(
  { webhooks }: Pick<Stores, 'webhooks'>,
  ids: IdSource,
  events: readonly ClusterEvent[],
): Promise<boolean> {
  if (events.length === 0) return false;
  const all = await webhooks.list();
  let isAny = false;
  for (const { sequence, cluster, type, at, data } of events) {
    for (const webhook of all) {
      if (webhook.events.length > 0 && !webhook.events.includes(type)) continue;
      if (webhook.clusters.length > 0 && !webhook.clusters.includes(cluster)) continue;
      const event = cloudEvent({ id: String(sequence), type, cluster, at, data });
      const delivery = { id: ids.next(), webhook_id: webhook.id, type, sequence, event };
      await webhooks.insertDelivery(delivery);
      isAny = true;
    }
  }
  return isAny;
}
