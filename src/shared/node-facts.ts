import { plannedNodes } from '../core/cluster/topology.ts';
import { isHathiError } from '../core/errors.ts';
import { nodeFactsSchema } from '../core/node/node-facts.ts';
import { sessionSettings } from '../core/node/session-settings.ts';
import { type ObservedNode, ROUND_SECONDS } from '../core/observation/observed-node.ts';
import type { Clock } from '../ports/clock.ts';
import type { NodeSessionRequest, NodeSessions } from '../ports/node-sessions.ts';
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

type ObservedCluster = Pick<ClusterRecord, 'name' | 'spec' | 'nodes'>;

/** How the nodes of a cluster are reached, and the settings of the program on each. */
export function sessionRequests(
  tools: Pick<NodeFactsTools, 'workspace' | 'targets'>,
  { name, spec, nodes }: ObservedCluster,
): NodeSessionRequest[] {
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
  const opened = sessionRequests(tools, cluster).map((request) => ({
    name: request.node.name,
    session: tools.sessions.open(request, { onFacts: () => {}, onEnd: () => {} }),
  }));
  const observe = async (
    { name, session }: (typeof opened)[number],
    milliseconds: number,
  ): Promise<ObservedNode> => {
    try {
      const result = await session.call('observe', {}, milliseconds);
      const facts = nodeFactsSchema.parse((result as { observation?: unknown }).observation);
      const at = tools.clock.now().toISOString();
      return { name, reachable: true, since: at, reason: null, observed_at: at, facts };
    } catch (error) {
      const reason = isHathiError(error) ? error.message : 'its facts cannot be read';
      const since = tools.clock.now().toISOString();
      return { name, reachable: false, since, reason, observed_at: null, facts: null };
    }
  };
  return {
    read: (milliseconds) => Promise.all(opened.map((one) => observe(one, milliseconds))),
    close() {
      for (const { session } of opened) session.close();
    },
  };
}
