import type { ClusterNode } from '../core/cluster/topology.ts';

export interface NodeBootRequest {
  nodes: readonly ClusterNode[];
  /** Absolute path of the ssh configuration that names the nodes. */
  sshConfig: string;
  /** Name of the target, which is also the name of its settings in a spec. */
  target: string;
  signal: AbortSignal;
  /** Called when a node is reachable and has completed its setup. */
  onReady(node: string): Promise<void>;
}

/** The first boot of nodes that are reached with ssh. */
export interface NodeBoot {
  /**
   * Waits until every node accepts the server's login and its first boot is complete.
   * @throws NODE_UNREACHABLE for a node whose SSH never opened
   * @throws NODE_REFUSED for a node that refuses the key, or has another host key
   * @throws NODE_SETUP_FAILED with the message of cloud-init
   */
  waitUntilReady(request: NodeBootRequest): Promise<void>;
}
