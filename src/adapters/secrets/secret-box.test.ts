import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretBox, masterKeyId } from './secret-box.ts';

const oldKey = randomBytes(32);
const newKey = randomBytes(32);

describe('secret box', () => {
  it('opens what it sealed, whatever the bytes and the context', () => {
    const box = createSecretBox([oldKey]);
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ unit: 'binary' }), (plain, context) => {
        expect(Buffer.from(box.open(box.seal(plain, context), context))).toEqual(
          Buffer.from(plain),
        );
      }),
    );
  });

  it('seals under the first key and reads under the others', () => {
    const before = createSecretBox([oldKey]).seal(Buffer.from('x'), 'c');
    const rotated = createSecretBox([newKey, oldKey]);
    expect(Buffer.from(rotated.open(before, 'c')).toString()).toBe('x');
    expect(rotated.seal(Buffer.from('x'), 'c').keyId).toBe(masterKeyId(newKey));
  });

  it('names the key that is wanted and the keys that are there', () => {
    const sealed = createSecretBox([oldKey]).seal(Buffer.from('x'), 'c');
    expect(() => createSecretBox([newKey]).open(sealed, 'c')).toThrow(
      expect.objectContaining({
        code: 'SECRET_UNREADABLE',
        details: expect.objectContaining({
          key_wanted: masterKeyId(oldKey),
          keys_had: [masterKeyId(newKey)],
        }),
      }),
    );
  });

  it('refuses another context, a changed byte and a shortened record', () => {
    const box = createSecretBox([oldKey]);
    const sealed = box.seal(Buffer.from('secret'), 'secret:1:a');
    const unreadable = expect.objectContaining({ code: 'SECRET_UNREADABLE' });
    expect(() => box.open(sealed, 'secret:2:a')).toThrow(unreadable);
    for (let at = 0; at < sealed.bytes.length; at += 1) {
      const bytes = Buffer.from(sealed.bytes);
      bytes[at] = (bytes[at] as number) ^ 1;
      expect(() => box.open({ ...sealed, bytes }, 'secret:1:a')).toThrow(unreadable);
      const short = sealed.bytes.subarray(0, at);
      expect(() => box.open({ ...sealed, bytes: short }, 'secret:1:a')).toThrow(unreadable);
    }
  });

  it('refuses a key of another length', () => {
    expect(() => createSecretBox([])).toThrow();
    expect(() => createSecretBox([Buffer.alloc(16)])).toThrow(/32 bytes/);
  });
});
