/** A host key of `known_hosts`. */
export interface HostKey {
  /** e.g. `ssh-ed25519`. */
  type: string;
  /** Base64. */
  key: string;
}

/**
 * Host keys by the name that they are stored under, e.g. `obs-1` or `[127.0.0.1]:31168`. Hathi writes
 * one name and one key in each line.
 */
export function parseKnownHosts(text: string): ReadonlyMap<string, HostKey> {
  const keys = new Map<string, HostKey>();
  for (const line of text.split('\n')) {
    const [name, type, key] = line.trim().split(/\s+/);
    if (name !== undefined && type !== undefined && key !== undefined)
      keys.set(name, { type, key });
  }
  return keys;
}
