import { stepMissing } from '../core/cluster/missing-step.ts';
import type { Step } from '../core/operation/steps.ts';
import { secretPlace } from '../core/sealed-places.ts';
import type { CertifiedKey } from '../ports/pki.ts';
import type { SecretBox } from '../ports/secrets.ts';
import type { StageContext } from '../ports/stage.ts';
import { readSecret } from '../shared/cluster-secrets.ts';

/**
 * The secret of that name, created and stored at the first call. From then on it is masked in the
 * events of the operation, unless it is a certificate or a public key.
 * @throws SECRET_UNREADABLE | LEASE_LOST
 */
export async function ensureSecret(
  context: StageContext,
  box: SecretBox,
  name: string,
  make: () => string | Promise<string>,
): Promise<string> {
  let value = await readSecret(context.read, box, context.cluster, name);
  if (value === null) {
    const sealed = box.seal(Buffer.from(await make()), secretPlace(context.cluster.id, name));
    await context.write((stores) =>
      stores.secrets.insertIfAbsent(context.cluster.id, name, sealed),
    );
    // Read again, because the store keeps the first secret, which may come from another call.
    value = (await readSecret(context.read, box, context.cluster, name)) as string;
  }
  mask(context, name, value);
  return value;
}

/**
 * A certificate and its key under two names, stored together. `fits` returns whether the stored
 * certificate can be used; otherwise it is replaced.
 */
export async function ensureCertifiedKey(
  context: StageContext,
  box: SecretBox,
  names: { certificate: string; privateKey: string },
  fits: (certificate: string) => boolean,
  make: () => Promise<CertifiedKey>,
): Promise<CertifiedKey> {
  const certificate = await readSecret(context.read, box, context.cluster, names.certificate);
  const privateKey = await readSecret(context.read, box, context.cluster, names.privateKey);
  if (certificate !== null && privateKey !== null && fits(certificate)) {
    mask(context, names.privateKey, privateKey);
    return { certificate, privateKey };
  }
  const made = await make();
  mask(context, names.privateKey, made.privateKey);
  await context.write(async (stores) => {
    for (const part of ['certificate', 'privateKey'] as const) {
      const sealed = box.seal(
        Buffer.from(made[part]),
        secretPlace(context.cluster.id, names[part]),
      );
      await stores.secrets.replace(context.cluster.id, names[part], sealed);
    }
  });
  return made;
}

/**
 * A secret that `create-ansible-script` creates. It is masked from then on, as in `ensureSecret`.
 * @throws STEP_MISSING for `step` if there is none yet | SECRET_UNREADABLE
 */
export async function requireSecret(
  context: StageContext,
  box: SecretBox,
  name: string,
  step: Step,
): Promise<string> {
  const value = await readSecret(context.read, box, context.cluster, name);
  if (value === null) {
    throw stepMissing(step, 'create-ansible-script', context.cluster.name);
  }
  mask(context, name, value);
  return value;
}

function mask(context: StageContext, name: string, value: string): void {
  if (/public-key|certificate/.test(name)) return;
  context.addSecret(value);
}
