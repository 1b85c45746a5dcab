import { webhookPlace } from '../core/sealed-places.ts';
import { retryAfter } from '../core/webhook/webhook.ts';
import type { Clock } from '../ports/clock.ts';
import type { Wakeups } from '../ports/event-stream.ts';
import type { Log } from '../ports/log.ts';
import type { SecretBox } from '../ports/secrets.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { DueDelivery, WebhookSender } from '../ports/webhooks.ts';

/** Longest delay after a lost wake-up. */
const POLL_MILLISECONDS = 1_000;
const BATCH = 20;
/** Longer than an attempt, so that no other server sends the same one. */
const CLAIM_SECONDS = 30;
const KEPT_SECONDS = 30 * 86_400;
const PRUNE_MILLISECONDS = 3_600_000;

export interface DispatcherTools {
  unitOfWork: UnitOfWork;
  wakeups: Pick<Wakeups, 'subscribe'>;
  box: SecretBox;
  sender: WebhookSender;
  clock: Clock;
  log: Pick<Log, 'warn'>;
}

export interface Dispatcher {
  /** Resolves when the running attempts have ended. */
  stop(): Promise<void>;
}

/** Sends due deliveries, and retries those that failed. */
export async function startWebhookDispatcher(tools: DispatcherTools): Promise<Dispatcher> {
  const { clock } = tools;
  const stopped = new AbortController();
  const { webhooks } = tools.unitOfWork.direct;
  let wake = () => {};
  let prunedAt = 0;
  const unsubscribe = await tools.wakeups.subscribe('webhooks', () => wake());

  const attempt = async ({ delivery, webhook }: DueDelivery): Promise<void> => {
    const secret = tools.box.open(webhook.secret, webhookPlace(webhook.id));
    const result = await tools.sender.send(webhook.url, secret, delivery.id, delivery.event);
    const seconds = retryAfter(delivery.attempts + 1);
    const nextAt =
      seconds === null ? null : new Date(clock.now().getTime() + seconds * 1_000).toISOString();
    await webhooks.finish(delivery.id, result, nextAt);
  };

  const dispatch = async (): Promise<number> => {
    const due = await tools.unitOfWork.transaction((stores) =>
      stores.webhooks.claim(BATCH, CLAIM_SECONDS),
    );
    const results = await Promise.allSettled(due.map(attempt));
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      tools.log.warn({ error: String(result.reason) }, 'a webhook was not called');
    }
    return due.length;
  };

  const loop = (async () => {
    while (!stopped.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      try {
        if ((await dispatch()) > 0) continue;
        if (clock.now().getTime() - prunedAt > PRUNE_MILLISECONDS) {
          prunedAt = clock.now().getTime();
          await webhooks.prune(KEPT_SECONDS);
        }
      } catch (error) {
        tools.log.warn({ error: String(error) }, 'webhooks could not be called; retrying');
      }
      const late = clock.sleep(POLL_MILLISECONDS, stopped.signal).catch(() => {});
      await Promise.race([woken, late]);
    }
  })();

  return {
    async stop() {
      stopped.abort();
      wake();
      await loop;
      await unsubscribe();
    },
  };
}
