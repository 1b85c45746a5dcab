import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { HathiError } from '../../core/errors.ts';
import type { Sealed, SecretBox } from '../../ports/secrets.ts';

export const MASTER_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Returns the first 8 hex digits of the key's SHA-256. They distinguish keys and reveal nothing.
 */
export function masterKeyId(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8);
}

/**
 * AES-256-GCM. The first key seals. Records sealed with any of the keys can be opened, so that a
 * new key can be added before the old one. Sealed bytes are nonce, ciphertext, tag.
 * @param keys 32 bytes each; the first one seals
 * @throws CONFIGURATION_INVALID when there is no key or one has another length
 */
export function createSecretBox(keys: readonly Uint8Array[]): SecretBox {
  const [sealing] = keys;
  if (!sealing || keys.some((key) => key.length !== MASTER_KEY_BYTES)) {
    throw new HathiError(
      'CONFIGURATION_INVALID',
      `Every master key must have ${MASTER_KEY_BYTES} bytes, and there must be at least one.`,
    );
  }
  const byId = new Map(keys.map((key) => [masterKeyId(key), key]));
  const sealingId = masterKeyId(sealing);

  return {
    seal(plain: Uint8Array, context: string): Sealed {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce);
      cipher.setAAD(Buffer.from(context));
      const bytes = Buffer.concat([
        nonce,
        cipher.update(plain),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return { keyId: sealingId, bytes };
    },

    open(sealed: Sealed, context: string): Uint8Array {
      const key = byId.get(sealed.keyId);
      if (!key) {
        const had = [...byId.keys()];
        throw new HathiError(
          'SECRET_UNREADABLE',
          `The record was sealed under master key ${sealed.keyId}; this server has ${had.join(', ')}.`,
          { context, key_wanted: sealed.keyId, keys_had: had },
        );
      }
      try {
        const bytes = Buffer.from(sealed.bytes);
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(context));
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([
          decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
          decipher.final(),
        ]);
      } catch (cause) {
        throw new HathiError(
          'SECRET_UNREADABLE',
          `The record "${context}" was altered, or belongs to another place.`,
          { context, key_wanted: sealed.keyId, keys_had: [...byId.keys()] },
          { cause },
        );
      }
    },
  };
}
