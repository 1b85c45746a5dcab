import { HathiError } from '../../core/errors.ts';
import type { StageContext } from '../../ports/stage.ts';
import type { GivenKey } from '../../ports/target.ts';
import { targetOf } from '../../shared/targets.ts';
import { ensureCertifiedKey } from '../cluster-secrets.ts';
import type { TerraformTools } from './terraform-tools.ts';

export interface ClientKey {
  /** Text of the private key for logins to the nodes. */
  privateKey: string;
  publicKey: string;
  /** Whether the user gave the key. Otherwise Hathi created it. */
  isGiven: boolean;
}

/**
 * The key for logins to the nodes. It is created at the first call and stored, or it is a key of
 * the user, which is read from its file each time and never stored.
 * @throws INVALID_REQUEST naming a file that cannot be read or holds no private key
 */
export async function keyPairOf(context: StageContext, tools: TerraformTools): Promise<ClientKey> {
  const { cluster } = context;
  const given = targetOf(cluster, tools).givenKey(cluster.spec);
  if (given !== null) return await readGivenKey(context, tools, given);
  const { certificate, privateKey } = await ensureKeys(context, tools, {
    privateKey: 'ssh-client-key',
    publicKey: 'ssh-client-public-key',
    comment: `hathi-${cluster.name}`,
  });
  return { privateKey, publicKey: certificate, isGiven: false };
}

/** A key and its public half, created and stored together, like certificates and their keys. */
export function ensureKeys(
  context: StageContext,
  { sshKeys, secretBox }: TerraformTools,
  names: { privateKey: string; publicKey: string; comment: string },
) {
  return ensureCertifiedKey(
    context,
    secretBox,
    { certificate: names.publicKey, privateKey: names.privateKey },
    () => true,
    async () => {
      const made = await sshKeys.generate(names.comment);
      return { certificate: made.publicKey, privateKey: made.privateKey };
    },
  );
}

async function readGivenKey(
  context: StageContext,
  { sshKeys, workspace }: TerraformTools,
  { file, field }: GivenKey,
): Promise<ClientKey> {
  try {
    const { privateKey, publicKey } = await sshKeys.read(file);
    context.addSecret(privateKey);
    await assertSameKey(context, workspace, publicKey);
    return { privateKey, publicKey, isGiven: true };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HathiError('INVALID_REQUEST', `${field.replaceAll('/', '.')}: ${file} ${why}.`, {
      errors: [{ path: `/${field}`, message: why }],
    });
  }
}

/**
 * @throws Error if existing machines accept another key, because Hathi could not log in with this
 *   one
 */
async function assertSameKey(
  { cluster }: StageContext,
  workspace: TerraformTools['workspace'],
  publicKey: string,
): Promise<void> {
  if (cluster.nodes === null) return;
  const known = await workspace.read(cluster.name, 'ssh/id_ed25519.pub');
  if (known === null || keyOf(Buffer.from(known).toString()) === keyOf(publicKey)) return;
  throw new Error('holds another key than the one that the machines were created with');
}

/** Type and key of an OpenSSH line, without its comment. */
function keyOf(line: string): string {
  return line.trim().split(/\s+/).slice(0, 2).join(' ');
}
