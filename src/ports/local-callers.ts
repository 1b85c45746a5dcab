/** Both ends of a TCP connection, with the names of `net.Socket`. */
export interface Connection {
  /** Address of the caller, e.g. `127.0.0.1` or `::ffff:127.0.0.1`. */
  remoteAddress: string;
  remotePort: number;
  /** Address of the server. */
  localAddress: string;
  localPort: number;
}

/** Distinguishes the local user that runs the server from the other users of the machine. */
export interface LocalCallers {
  /**
   * Whether the caller's socket belongs to the user of this process or to root.
   * The connection must be open. Returns false when the owner cannot be determined. Never throws.
   */
  isOwner(connection: Connection): Promise<boolean>;
}
