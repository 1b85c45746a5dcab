import type { ClusterEvent } from '../../core/observation/cluster-event.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Wakeups } from '../../ports/event-stream.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';

/** Longest delay after a lost wake-up. */
const POLL_MILLISECONDS = 1_000;
/** Events of one read. */
const BATCH = 100;
/** New events that are kept for all followers, so that they are read once. */
const KEPT = 1_000;

export interface FollowTools {
  unitOfWork: UnitOfWork;
  wakeups: Pick<Wakeups, 'subscribe'>;
  clock: Pick<Clock, 'sleep'>;
}

interface Follower {
  clusterId: string | null;
  wake(): void;
}

/** Follows the events of clusters: first the stored ones, then each new one, without loss. */
export class ClusterEventStream {
  readonly #tools: FollowTools;
  readonly #followers = new Set<Follower>();
  #recent: ClusterEvent[] = [];
  /** Every event after this sequence and up to `#newest` is in `#recent`. */
  #keptAfter = 0;
  #newest = 0;
  #started: Promise<void> | null = null;
  #wake: () => void = () => {};

  constructor(tools: FollowTools) {
    this.#tools = tools;
  }

  /**
   * @param cluster id and name; null for all clusters
   * @param options `after`: sequence of the last event that the caller has
   */
  async *follow(
    cluster: { id: string; name: string } | null,
    { after, isEndless, signal }: { after: number; isEndless: boolean; signal: AbortSignal },
  ): AsyncGenerator<ClusterEvent> {
    let wake = () => {};
    const follower: Follower = { clusterId: cluster?.id ?? null, wake: () => wake() };
    this.#followers.add(follower);
    signal.addEventListener('abort', follower.wake);
    try {
      this.#started ??= this.#start();
      await this.#started;
      let last = after;
      while (!signal.aborted) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        // The kept events can lack one that was stored a moment ago, and nothing would wait for it.
        const events = await (isEndless ? this.#after(cluster, last) : this.#stored(cluster, last));
        for (const event of events) {
          last = event.sequence;
          yield event;
        }
        if (events.length > 0) continue;
        if (!isEndless) return;
        await woken;
      }
    } finally {
      signal.removeEventListener('abort', follower.wake);
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#wake();
    }
  }

  async #after(
    cluster: { id: string; name: string } | null,
    sequence: number,
  ): Promise<ClusterEvent[]> {
    if (sequence >= this.#keptAfter) {
      return this.#recent.filter(
        (event) =>
          event.sequence > sequence && (cluster === null || event.cluster === cluster.name),
      );
    }
    return await this.#stored(cluster, sequence);
  }

  async #stored(cluster: { id: string } | null, sequence: number): Promise<ClusterEvent[]> {
    const { observations } = this.#tools.unitOfWork.direct;
    return await observations.eventsAfter(cluster?.id ?? null, sequence, BATCH);
  }

  async #start(): Promise<void> {
    const { observations } = this.#tools.unitOfWork.direct;
    this.#newest = await observations.newestEvent(null);
    this.#keptAfter = this.#newest;
    this.#recent = [];
    const unsubscribe = await this.#tools.wakeups.subscribe('cluster-events', () => this.#wake());
    void this.#poll().finally(async () => {
      this.#started = null;
      await unsubscribe().catch(() => {});
    });
  }

  async #poll(): Promise<void> {
    const { observations } = this.#tools.unitOfWork.direct;
    while (this.#followers.size > 0) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const events = await observations.eventsAfter(null, this.#newest, BATCH).catch(() => []);
      if (events.length > 0) {
        this.#newest = events.at(-1)?.sequence ?? this.#newest;
        this.#recent.push(...events);
        const dropped = this.#recent.splice(0, Math.max(0, this.#recent.length - KEPT));
        this.#keptAfter = dropped.at(-1)?.sequence ?? this.#keptAfter;
        for (const follower of this.#followers) follower.wake();
        continue;
      }
      const timeout = new AbortController();
      const late = this.#tools.clock.sleep(POLL_MILLISECONDS, timeout.signal).catch(() => {});
      await Promise.race([woken, late]).finally(() => timeout.abort());
    }
  }
}
