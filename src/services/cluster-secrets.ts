import type { SecretBox } from '../ports/secrets.ts';
import type { ClusterRecord, Stores } from '../ports/stores.ts';

/** A named secret of a cluster in clear text; null where it was not made yet. @throws SECRET_UNREADABLE */
export async function readSecret(
  stores: Pick<Stores, 'secrets'>,
  box: SecretBox,
  cluster: Pick<ClusterRecord, 'id'>,
  name: string,
): Promise<string | null> {
  const sealed = await stores.secrets.get(cluster.id, name);
  if (!sealed) return null;
  return Buffer.from(box.open(sealed, `secret:${cluster.id}:${name}`)).toString('utf8');
}
