/** Replacement for a secret. */
const MASKED = '********';

/** Shorter values would mask ordinary text. Hathi's own secrets are far longer. */
const SHORTEST_SECRET = 6;

/** Shorter lines of a private key are not secret on their own. */
const SHORTEST_LINE = 16;

export interface Mask {
  add(secret: string): void;
  /** Returns a copy with every known secret replaced, at any depth, in keys and values. */
  apply<T>(document: T): T;
}

/** Replaces known values, also in their JSON-escaped form. */
export function createMask(): Mask {
  const secrets = new Set<string>();
  const maskText = (text: string): string => {
    let masked = text;
    for (const secret of secrets) masked = masked.replaceAll(secret, MASKED);
    return masked;
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return maskText(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(
        Object.entries(value).map(([key, member]) => [maskText(key), walk(member)]),
      );
    }
    return value;
  };
  return {
    add(secret) {
      if (secret.length < SHORTEST_SECRET) return;
      secrets.add(secret);
      secrets.add(JSON.stringify(secret).slice(1, -1));
      // Output can contain single lines of a key that has several lines.
      const lines = secret.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
      for (const line of lines) {
        if (lines.length === 1 || line.length >= SHORTEST_LINE) secrets.add(line);
      }
    },
    apply: (document) => (secrets.size === 0 ? document : (walk(document) as typeof document)),
  };
}
