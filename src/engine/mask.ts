/** What stands where a secret stood. */
const MASKED = '********';

/** Shorter values would mask ordinary text. Hathi's own secrets are far longer. */
const SHORTEST_SECRET = 6;

/** Lines of a private key that are shorter are no secret by themselves. */
const SHORTEST_LINE = 16;

export interface Mask {
  add(secret: string): void;
  /** A copy with every known secret replaced, at any depth, in keys and values. */
  apply<T>(document: T): T;
}

/** Replaces known values, also in the form that JSON gives them. */
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
      // A key of several lines shows up line by line.
      const lines = secret.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
      for (const line of lines) {
        if (lines.length === 1 || line.length >= SHORTEST_LINE) secrets.add(line);
      }
    },
    apply: (document) => (secrets.size === 0 ? document : (walk(document) as typeof document)),
  };
}
