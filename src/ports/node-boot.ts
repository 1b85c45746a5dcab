import type { ClusterNode } from '../core/cluster/topology.ts';

export interface NodeBootRequest {
  nodes: readonly ClusterNode[];
  /** Absolute path of the ssh configuration that names the nodes. */
  sshConfig: string;
  /** Name of the target, under which a spec has its settings. */
  target: string;
  signal: AbortSignal;
  /** Called once a node is reached and has set itself up. */
  onReady(node: string): Promise<void>;
}

/** The first boot of nodes that are reached by ssh. */
export interface NodeBoot {
  /**
   * Waits until every node lets the server in and its first boot is done.
   * @throws NODE_UNREACHABLE for one whose SSH never opened
   * @throws NODE_REFUSED for one that refuses the key, or shows another host key
   * @throws NODE_SETUP_FAILED with the message of cloud-init
   */
  waitUntilReady(request: NodeBootRequest): Promise<void>;
}
