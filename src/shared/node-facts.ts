import { plannedNodes } from '../core/cluster/topology.ts';
import { HathiError, isHathiError } from '../core/errors.ts';
import { type NodeFacts, nodeFactsSchema } from '../core/node/node-facts.ts';
import { sessionSettings } from '../core/node/session-settings.ts';
import { type ObservedNode, ROUND_SECONDS } from '../core/observation/observed-node.ts';
import type { Clock } from '../ports/clock.ts';
import type { NodeSession, NodeSessionRequest, NodeSessions } from '../ports/node-sessions.ts';
import type { ClusterRecord } from '../ports/stores.ts';
import type { Targets } from '../ports/target.ts';
import type { Workspace } from '../ports/workspace.ts';
import { targetOf } from './targets.ts';

export interface NodeFactsTools {
  sessions: NodeSessions;
  workspace: Pick<Workspace, 'path'>;
  targets: Targets;
  clock: Pick<Clock, 'now'>;
}

/** The members of a cluster that say how its nodes are reached. */
export type ObservedCluster = Pick<ClusterRecord, 'name' | 'spec' | 'applied_spec' | 'nodes'>;

/** How the nodes of a cluster are reached, and the settings of the program on each. */
export function sessionRequests(
  tools: Pick<NodeFactsTools, 'workspace' | 'targets'>,
  { name, nodes, ...specs }: ObservedCluster,
): NodeSessionRequest[] {
  // The machines have the spec of the last apply. A later one can reach them in another way.
  const spec = specs.applied_spec ?? specs.spec;
  const access = targetOf({ spec }, tools).access(spec);
  const folder = tools.workspace.path(name, 'ssh');
  const planned = new Map(plannedNodes(spec).map((node) => [node.name, node]));
  return (nodes ?? []).map((node, index) => {
    // A node that leaves the cluster is observed until its machine is removed.
    const plan = planned.get(node.name) ?? {
      name: node.name,
      ordinal: index + 1,
      witness: node.postgres_port === null,
      etcd: false,
    };
    const settings = sessionSettings(spec, { ...plan, address: node.address }, ROUND_SECONDS);
    return { node, access, folder, settings };
  });
}

/** Sessions on the nodes of one cluster that are read on demand. */
export interface NodeFactsReader {
  /** Facts of this moment, of all nodes in parallel. A node without a response is not reachable. */
  read(milliseconds: number): Promise<ObservedNode[]>;
  close(): void;
}

export function openNodeFacts(tools: NodeFactsTools, cluster: ObservedCluster): NodeFactsReader {
  const opened = sessionRequests(tools, cluster).map((request) => new NodeReader(tools, request));
  return {
    read: (milliseconds) => Promise.all(opened.map((one) => one.read(milliseconds))),
    close() {
      for (const one of opened) one.close();
    },
  };
}

class NodeReader {
  readonly #name: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #session: NodeSession;
  /** Facts of the round at the start of the session; null if it ended before. */
  #first: Promise<NodeFacts | null> | null;

  constructor({ sessions, clock }: NodeFactsTools, request: NodeSessionRequest) {
    this.#name = request.node.name;
    this.#clock = clock;
    const { promise, resolve } = Promise.withResolvers<NodeFacts | null>();
    this.#first = promise;
    this.#session = sessions.open(request, { onFacts: resolve, onEnd: () => resolve(null) });
  }

  async read(milliseconds: number): Promise<ObservedNode> {
    const name = this.#name;
    try {
      const facts = (await this.#takeFirst(milliseconds)) ?? (await this.#observe(milliseconds));
      const at = this.#clock.now().toISOString();
      return { name, reachable: true, since: at, reason: null, observed_at: at, facts };
    } catch (error) {
      const reason = isHathiError(error) ? error.message : 'its facts cannot be read';
      const since = this.#clock.now().toISOString();
      return { name, reachable: false, since, reason, observed_at: null, facts: null };
    }
  }

  close(): void {
    this.#session.close();
  }

  /** A session begins with a round, which saves the first request. */
  async #takeFirst(milliseconds: number): Promise<NodeFacts | null> {
    const first = this.#first;
    this.#first = null;
    if (first === null) return null;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const message = `${this.#name} does not respond: no facts within ${milliseconds / 1_000} s.`;
      const error = new HathiError('NODE_UNREACHABLE', message, { node: this.#name });
      timer = setTimeout(reject, milliseconds, error);
    });
    return await Promise.race([first, late]).finally(() => clearTimeout(timer));
  }

  async #observe(milliseconds: number): Promise<NodeFacts> {
    const result = await this.#session.call('observe', {}, milliseconds);
    return nodeFactsSchema.parse((result as { observation?: unknown }).observation);
  }
}
