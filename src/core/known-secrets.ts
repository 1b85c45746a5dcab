/** Replacement of a secret. */
export const CENSOR = '[redacted]';

/** Shorter texts would also match ordinary words. */
const MIN_SECRET_LENGTH = 8;

/**
 * Maximum number of nested encodings that are searched. A request can encode an address repeatedly.
 */
const MAX_ENCODING_ROUNDS = 3;

/**
 * Returns a function that replaces the given secrets in a text, e.g. the token of this server. It
 * finds them at any position, in upper and lower case, plain, percent-encoded (each character or
 * only some, also several times), escaped for JSON, and as base64 within a longer text. Each search
 * is linear.
 */
export function createSecretFilter(secrets: readonly string[]): (text: string) => string {
  const pattern = secretPattern(secrets);
  return pattern === null ? (text) => text : (text) => text.replace(pattern, CENSOR);
}

/** null if no secret is long enough. */
export function secretPattern(secrets: readonly string[]): RegExp | null {
  const patterns = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    // The longest secret first, because it can contain a shorter one.
    .sort((one, other) => other.length - one.length)
    .flatMap((secret) => [encodedPattern(secret), ...base64Forms(secret).map(literalPattern)]);
  return patterns.length === 0 ? null : new RegExp(patterns.join('|'), 'gi');
}

function encodedPattern(secret: string): string {
  return [...secret].map(characterPattern).join('');
}

/** One character, plain or in any of the encodings. */
function characterPattern(character: string): string {
  const plain = `\\\\{0,${MAX_ENCODING_ROUNDS}}${literalPattern(character)}`;
  const percent = [...new TextEncoder().encode(character)]
    .map((byte) => `%(?:25){0,${MAX_ENCODING_ROUNDS}}${hex(byte, 2)}`)
    .join('');
  const json = codeUnits(character)
    .map((unit) => `\\\\{1,${MAX_ENCODING_ROUNDS}}u${hex(unit, 4)}`)
    .join('');
  return `(?:${plain}|${percent}|${json})`;
}

function literalPattern(text: string): string {
  return codeUnits(text)
    .map((unit) => `\\u${hex(unit, 4)}`)
    .join('');
}

function codeUnits(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/**
 * The base64 text of the secret inside the base64 text of something longer, e.g. `user:secret`. It
 * depends on the number of bytes before the secret, modulo 3. The first and last characters depend
 * on the neighbours and are left out.
 */
function base64Forms(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  return [0, 1, 2].flatMap((before) => {
    const text = btoa(String.fromCharCode(...new Array(before).fill(0), ...bytes));
    const first = before === 0 ? 0 : before + 1;
    const whole = Math.floor(((before + bytes.length) * 8) / 6);
    const inner = text.slice(first, whole);
    return inner.length < MIN_SECRET_LENGTH
      ? []
      : [inner, inner.replace(/\+/g, '-').replace(/\//g, '_')];
  });
}
