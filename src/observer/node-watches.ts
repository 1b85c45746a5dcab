import type { ClusterNode } from '../core/cluster/topology.ts';
import type { ObservedNode } from '../core/observation/observed-node.ts';
import type { NodeSessionRequest } from '../ports/node-sessions.ts';
import type { ObservationRecord } from '../ports/observation-store.ts';
import type { ClusterRecord } from '../ports/stores.ts';
import type { Targets } from '../ports/target.ts';
import type { Workspace } from '../ports/workspace.ts';
import { sessionRequests } from '../shared/node-facts.ts';
import type { Survivor } from './early-release.ts';
import { NodeWatch, type NodeWatchTools } from './node-watch.ts';

export interface NodeWatchesTools extends NodeWatchTools {
  workspace: Pick<Workspace, 'path'>;
  targets: Targets;
}

interface Watched {
  /** The request as text: a changed node gets a new session. */
  key: string;
  request: NodeSessionRequest;
  watch: NodeWatch;
}

/** Sessions on the nodes of one cluster. */
export class NodeWatches {
  readonly #tools: NodeWatchesTools;
  readonly #onChange: (node: ClusterNode, observed: ObservedNode) => void;
  readonly #nodes = new Map<string, Watched>();

  /** @param onChange called after each change of what is observed of a node */
  constructor(
    tools: NodeWatchesTools,
    onChange: (node: ClusterNode, observed: ObservedNode) => void,
  ) {
    this.#tools = tools;
    this.#onChange = onChange;
  }

  /**
   * Opens sessions on new nodes, and closes those of nodes that changed or left.
   * @param stored observation of an earlier server, if any
   */
  update(
    cluster: Pick<ClusterRecord, 'name' | 'spec' | 'applied_spec' | 'nodes'>,
    stored: ObservationRecord | null,
  ): void {
    const wanted = new Set<string>();
    for (const request of sessionRequests(this.#tools, cluster)) {
      const { node } = request;
      wanted.add(node.name);
      const key = JSON.stringify(request);
      const known = this.#nodes.get(node.name);
      if (known?.key === key) continue;
      known?.watch.close();
      const initial = stored?.nodes.find(({ name }) => name === node.name) ?? null;
      const watch = new NodeWatch(this.#tools, request, initial, (observed) =>
        this.#onChange(node, observed),
      );
      this.#nodes.set(node.name, { key, request, watch });
    }
    for (const [name, { watch }] of this.#nodes) {
      if (wanted.has(name)) continue;
      watch.close();
      this.#nodes.delete(name);
    }
  }

  get(name: string): ObservedNode | null {
    return this.#nodes.get(name)?.watch.observed ?? null;
  }

  observed(): ObservedNode[] {
    return [...this.#nodes.values()].map(({ watch }) => watch.observed);
  }

  /** Reads the facts of all connected nodes, without waiting for their next round. */
  async observeNow(milliseconds: number): Promise<void> {
    const watches = [...this.#nodes.values()].map(({ watch }) => watch);
    await Promise.all(watches.map((watch) => watch.observeNow(milliseconds)));
  }

  /** Nodes that are connected. */
  survivors(): Survivor[] {
    return [...this.#nodes.values()].flatMap(({ request, watch }) =>
      watch.session === null
        ? []
        : [{ node: request.node, session: watch.session, etcd: request.settings.etcd }],
    );
  }

  close(): void {
    for (const { watch } of this.#nodes.values()) watch.close();
    this.#nodes.clear();
  }
}
