import type { Sealed } from './secrets.ts';

/**
 * Named secrets of a cluster: CA key, passwords, SSH keys. Context `secret:<cluster id>:<name>`.
 */
export interface SecretStore {
  get(clusterId: string, name: string): Promise<Sealed | null>;
  /** Stores the secret, unless one with that name exists. */
  insertIfAbsent(clusterId: string, name: string, sealed: Sealed): Promise<void>;
  /** Stores the secret and replaces an existing one, e.g. a certificate that expires. */
  replace(clusterId: string, name: string, sealed: Sealed): Promise<void>;
  deleteAll(clusterId: string): Promise<void>;
}
