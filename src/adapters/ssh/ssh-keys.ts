import { generateKeyPair, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { SshKeyPair, SshKeys } from '../../ports/pki.ts';
import { runCommand } from '../process/run-command.ts';

const KEY_TYPE = 'ssh-ed25519';
/** The private section is padded to a multiple of this size if it is not encrypted. */
const BLOCK_BYTES = 8;
const LINE_LENGTH = 70;
const READ_SECONDS = 10;

/**
 * Creates Ed25519 keys in the OpenSSH format, without ssh-keygen.
 * @param options `env` of the ssh-keygen that reads the keys of the user
 */
export function createSshKeys({ env }: { env: Record<string, string> }): SshKeys {
  return {
    async read(file: string): Promise<SshKeyPair> {
      const privateKey = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        throw new Error(`cannot be read (${error.code})`);
      });
      const { exitCode, stdout, stderr } = await runCommand(
        'ssh-keygen',
        ['-y', '-P', '', '-f', file],
        { env, timeoutSeconds: READ_SECONDS },
      );
      if (exitCode === 0) return { privateKey, publicKey: stdout.trim() };
      if (/passphrase/i.test(stderr)) throw new Error('needs a passphrase, which nobody can type');
      if (/permissions/i.test(stderr)) {
        throw new Error(`can be read by others, which ssh refuses: chmod 600 ${file}`);
      }
      throw new Error(`holds no private key that ssh-keygen can read (${stderr.trim()})`);
    },
    async generate(comment: string): Promise<SshKeyPair> {
      const { privateKey } = await promisify(generateKeyPair)('ed25519');
      const { x, d } = privateKey.export({ format: 'jwk' });
      const point = Buffer.from(x as string, 'base64url');
      const seed = Buffer.from(d as string, 'base64url');
      return {
        privateKey: privateKeyText(point, seed, comment),
        publicKey: `${KEY_TYPE} ${publicBlob(point).toString('base64')} ${comment}`,
      };
    },
  };
}

/** Encodes a length in four bytes, then the bytes: "string" of RFC 4251. */
function field(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([number(bytes.length), bytes]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function publicBlob(point: Buffer): Buffer {
  return Buffer.concat([field(KEY_TYPE), field(point)]);
}

/** @see OpenSSH source tree, PROTOCOL.key */
function privateKeyText(point: Buffer, seed: Buffer, comment: string): string {
  const check = randomBytes(4);
  const secret = Buffer.concat([
    // The same number twice: a reader uses it to check the decryption.
    check,
    check,
    publicBlob(point),
    field(Buffer.concat([seed, point])),
    field(comment),
  ]);
  const padding = (BLOCK_BYTES - (secret.length % BLOCK_BYTES)) % BLOCK_BYTES;
  const padded = Buffer.concat([
    secret,
    Buffer.from(Array.from({ length: padding }, (_, i) => i + 1)),
  ]);
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'), // cipher
    field('none'), // key derivation
    field(''), // its options
    number(1), // keys in this file
    field(publicBlob(point)),
    field(padded),
  ]);
  const lines = whole.toString('base64').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  const name = 'OPENSSH PRIVATE KEY';
  return `-----BEGIN ${name}-----\n${lines.join('\n')}\n-----END ${name}-----\n`;
}
