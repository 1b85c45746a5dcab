import type { ClusterNode } from '../core/cluster/topology.ts';

export interface NodeAccessRequest {
  nodes: readonly ClusterNode[];
  /** Absolute path of the ssh configuration that names the nodes. */
  sshConfig: string;
  signal: AbortSignal;
  /** Called once a node is reached and has set itself up. */
  onReady(node: string): Promise<void>;
}

/** The shell of nodes that boot by themselves. */
export interface NodeAccess {
  /**
   * Waits until every node lets the server in and its first boot is done.
   * @throws NODE_UNREACHABLE for one whose SSH never opened
   * @throws NODE_REFUSED for one that refuses the key, or shows another host key
   * @throws NODE_SETUP_FAILED with what cloud-init says
   */
  waitUntilReady(request: NodeAccessRequest): Promise<void>;
}
