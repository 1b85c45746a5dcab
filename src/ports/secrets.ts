/** Bytes sealed under a master key; `keyId` names the key. */
export interface Sealed {
  keyId: string;
  bytes: Uint8Array;
}

/** Seals data that must not be in the database in clear text (AES-256-GCM). */
export interface SecretBox {
  /** @param context bound to the sealed bytes, e.g. `plan:<id>`; required to open them */
  seal(plain: Uint8Array, context: string): Sealed;
  /** @throws SECRET_UNREADABLE if the key, the context or a byte differs */
  open(sealed: Sealed, context: string): Uint8Array;
}
