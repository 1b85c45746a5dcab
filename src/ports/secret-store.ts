import type { Sealed } from './secrets.ts';

/**
 * Named secrets of a cluster: CA key, passwords, SSH keys. Context `secret:<cluster id>:<name>`.
 */
export interface SecretStore {
  get(clusterId: string, name: string): Promise<Sealed | null>;
  /** Keeps the one that is there. */
  insertIfAbsent(clusterId: string, name: string, sealed: Sealed): Promise<void>;
  /** Puts a new one in place of the one that may be there, e.g. a certificate that runs out. */
  replace(clusterId: string, name: string, sealed: Sealed): Promise<void>;
  deleteAll(clusterId: string): Promise<void>;
}
