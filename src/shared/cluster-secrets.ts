import { secretPlace } from '../core/sealed-places.ts';
import type { SecretBox } from '../ports/secrets.ts';
import type { ClusterRecord, Stores } from '../ports/stores.ts';

/** A secret of a cluster in clear text; null before it was created. @throws SECRET_UNREADABLE */
export async function readSecret(
  stores: Pick<Stores, 'secrets'>,
  box: SecretBox,
  { id }: Pick<ClusterRecord, 'id'>,
  name: string,
): Promise<string | null> {
  const sealed = await stores.secrets.get(id, name);
  return sealed && Buffer.from(box.open(sealed, secretPlace(id, name))).toString('utf8');
}
