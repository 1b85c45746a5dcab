/** Path of the server to the shells of a cluster's nodes. */
export type NodeAccess =
  /** Published on the loopback address of the server's machine. */
  | { way: 'loopback' }
  /** Through the ssh configuration in the workspace. */
  | {
      way: 'ssh';
      user: string;
      /** Proxy between the server and the nodes; null if the server reaches their addresses. */
      jump: Jump | null;
    };

export type Jump = Bastion | SessionCommand;

/** A machine with ssh that forwards connections to the nodes. */
export interface Bastion {
  kind: 'bastion';
  host: string;
  port: number;
  user: string;
  /** OpenSSH public key, without a comment. */
  hostKey: string;
  /** Absolute path; null for the key of the nodes. */
  privateKeyFile: string | null;
}

/** A program that carries the connection, e.g. a session manager. */
export interface SessionCommand {
  kind: 'command';
  /** Value of ssh's `ProxyCommand`: `%h` is the host of a node, `%p` its port. */
  command: string;
}

export function bastionOf(access: NodeAccess): Bastion | null {
  return access.way === 'ssh' && access.jump?.kind === 'bastion' ? access.jump : null;
}
