import type { ClusterNode } from '../core/cluster/topology.ts';
import type { NodeAccess } from '../core/node/node-access.ts';
import type { NodeFacts } from '../core/node/node-facts.ts';
import type { SessionSettings } from '../core/node/session-settings.ts';

export interface NodeSessionRequest {
  node: ClusterNode;
  access: NodeAccess;
  /** Absolute path of the folder `ssh` of the workspace, with the key and `known_hosts`. */
  folder: string;
  settings: SessionSettings;
}

export interface NodeSessionHandlers {
  /** Called for each round of the node. */
  onFacts(facts: NodeFacts): void;
  /**
   * Called once, when the connection has ended or could not be opened.
   * @param reason a part of a sentence, e.g. `the connection was refused`; never a secret
   */
  onEnd(reason: string): void;
}

/** A program on one node, over one SSH connection. */
export interface NodeSession {
  /**
   * Runs a verb of `node/`, or `observe` for the facts of this moment.
   * @throws NODE_UNREACHABLE if the connection ends first, or after the timeout
   */
  call(verb: string, args: Record<string, unknown>, milliseconds: number): Promise<unknown>;
  /** Ends the program. `onEnd` is not called afterwards. */
  close(): void;
}

/** Opens programs on nodes. */
export interface NodeSessions {
  /** Returns before the connection is open. */
  open(request: NodeSessionRequest, handlers: NodeSessionHandlers): NodeSession;
  /** Closes shared connections, e.g. to bastions. */
  close(): void;
}
