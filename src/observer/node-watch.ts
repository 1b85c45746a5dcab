import { type NodeFacts, nodeFactsSchema } from '../core/node/node-facts.ts';
import { type ObservedNode, unobserved } from '../core/observation/observed-node.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  NodeSession,
  NodeSessionHandlers,
  NodeSessionRequest,
  NodeSessions,
} from '../ports/node-sessions.ts';

/** After a lost connection, a new one within this time leaves the node reachable. */
const RECONNECT_MILLISECONDS = 2_000;
const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 10_000;

/** Reason of the adapter for a connection whose keepalives had no response. */
const SILENT = 'no response to keepalives';
const LOST = 'the connection was lost, and a new one brought no facts within 2 s';

export interface NodeWatchTools {
  sessions: NodeSessions;
  clock: Pick<Clock, 'now' | 'sleep'>;
}

/** Keeps a session on one node open, and the newest facts of the node. */
export class NodeWatch {
  readonly #tools: NodeWatchTools;
  readonly #request: NodeSessionRequest;
  readonly #onChange: (observed: ObservedNode) => void;
  readonly #closed = new AbortController();
  #observed: ObservedNode;
  #session: NodeSession | null = null;

  /**
   * @param initial what an earlier server observed, if any
   * @param onChange called after each change of `observed`
   */
  constructor(
    tools: NodeWatchTools,
    request: NodeSessionRequest,
    initial: ObservedNode | null,
    onChange: (observed: ObservedNode) => void,
  ) {
    this.#tools = tools;
    this.#request = request;
    this.#onChange = onChange;
    // Whether the node is reachable for this server is not known yet.
    this.#observed = { ...(initial ?? unobserved(request.node.name)), reachable: null };
    void this.#run();
  }

  get observed(): ObservedNode {
    return this.#observed;
  }

  /** The open session; null while there is none. */
  get session(): NodeSession | null {
    return this.#observed.reachable === true ? this.#session : null;
  }

  /** Reads the facts of this moment, without waiting for the next round. */
  async observeNow(milliseconds: number): Promise<void> {
    const result = await this.session?.call('observe', {}, milliseconds).catch(() => null);
    const { observation } = (result ?? {}) as { observation?: unknown };
    const parsed = nodeFactsSchema.safeParse(observation);
    if (parsed.success) this.#receive(parsed.data);
  }

  close(): void {
    this.#closed.abort();
    this.#session?.close();
  }

  async #run(): Promise<void> {
    let pause = FIRST_PAUSE_MILLISECONDS;
    while (!this.#closed.signal.aborted) {
      const { reason, hadFacts } = await this.#connect();
      if (this.#closed.signal.aborted) return;
      if (hadFacts) pause = FIRST_PAUSE_MILLISECONDS;
      else this.#lose(reason);
      await this.#tools.clock.sleep(pause, this.#closed.signal).catch(() => {});
      pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS);
    }
  }

  /** Resolves when the session has ended. */
  #connect(): Promise<{ reason: string; hadFacts: boolean }> {
    return new Promise((resolve) => {
      let hadFacts = false;
      const late = setTimeout(() => {
        // Before the first connection, the adapter decides how long an attempt may take.
        if (!hadFacts && this.#observed.reachable === true) this.#lose(LOST);
      }, RECONNECT_MILLISECONDS);
      const handlers: NodeSessionHandlers = {
        onFacts: (facts) => {
          hadFacts = true;
          clearTimeout(late);
          this.#receive(facts);
        },
        onEnd: (reason) => {
          clearTimeout(late);
          // Keepalives end without a response when the machine is gone, so a new attempt would only delay.
          if (reason === SILENT) this.#lose(reason);
          resolve({ reason, hadFacts });
        },
      };
      this.#session = this.#tools.sessions.open(this.#request, handlers);
      this.#closed.signal.addEventListener('abort', () => {
        clearTimeout(late);
        resolve({ reason: 'closed', hadFacts });
      });
    });
  }

  #receive(facts: NodeFacts): void {
    const at = this.#tools.clock.now().toISOString();
    const since = this.#observed.reachable === true ? this.#observed.since : at;
    const { name } = this.#observed;
    this.#observed = { name, reachable: true, since, reason: null, observed_at: at, facts };
    this.#onChange(this.#observed);
  }

  #lose(reason: string): void {
    const isNew = this.#observed.reachable !== false;
    const since = isNew ? this.#tools.clock.now().toISOString() : this.#observed.since;
    this.#observed = { ...this.#observed, reachable: false, since, reason };
    if (isNew) this.#onChange(this.#observed);
  }
}
