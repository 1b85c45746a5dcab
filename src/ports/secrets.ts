/** Bytes sealed under a master key; `keyId` names the key. */
export interface Sealed {
  keyId: string;
  bytes: Uint8Array;
}

/** Seals what must not lie in the database in clear text (AES-256-GCM). */
export interface SecretBox {
  /** @param context bound to the sealed bytes, e.g. `plan:<id>`; opening needs the same */
  seal(plain: Uint8Array, context: string): Sealed;
  /** @throws SECRET_UNREADABLE when the key, the context or a byte differs */
  open(sealed: Sealed, context: string): Uint8Array;
}
