import { HathiError } from '../core/errors.ts';
import type { SessionSettings } from '../core/node/session-settings.ts';
import { type NodeFactsTools, type ObservedCluster, sessionRequests } from './node-facts.ts';

export interface VerbCall {
  /** Name of the node. */
  node: string;
  /** Name of the verb as a Python module. */
  verb: string;
  args(settings: SessionSettings): Record<string, unknown>;
  /** Longest time until the result. */
  seconds: number;
}

/** The members that a verb returned. `problem`: why it did nothing, or not everything. */
export type VerbResult = Record<string, unknown> & { problem?: string };

/**
 * Runs one verb on one node over a session of its own.
 * @throws NODE_UNREACHABLE also for a node that the cluster does not have
 */
export async function callVerb(
  tools: Pick<NodeFactsTools, 'sessions' | 'workspace' | 'targets'>,
  cluster: ObservedCluster,
  { node, verb, args, seconds }: VerbCall,
): Promise<VerbResult> {
  const request = sessionRequests(tools, cluster).find((one) => one.node.name === node);
  if (request === undefined) {
    const message = `Cluster ${cluster.name} has no node ${node}.`;
    throw new HathiError('NODE_UNREACHABLE', message, { node });
  }
  const session = tools.sessions.open(request, { onFacts: () => {}, onEnd: () => {} });
  try {
    return (await session.call(verb, args(request.settings), seconds * 1_000)) as VerbResult;
  } finally {
    session.close();
  }
}
