import type { ClusterSpec } from '../../core/cluster/cluster-spec.ts';
import { invalidFields } from '../../core/field-errors.ts';
import type { Stores } from '../../ports/stores.ts';
import type { Targets } from '../../ports/target.ts';
import { targetOf } from '../../shared/targets.ts';

const PAGE = 100;

/**
 * Two clusters with one state would each remove the machines of the other, which its own
 * configuration does not contain.
 * @throws INVALID_REQUEST if another cluster has its state in the same place
 */
export async function assertOwnState(
  clusters: Pick<Stores['clusters'], 'list'>,
  targets: Targets,
  spec: ClusterSpec,
): Promise<void> {
  const wanted = targetOf({ spec }, { targets }).remoteState(spec);
  if (!wanted) return;
  for (let after: string | undefined; ; ) {
    const page = await clusters.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    const other = page.find(({ cluster }) => {
      const { target } = cluster.spec;
      if (target !== spec.target) return false;
      return targets.get(target)?.remoteState(cluster.spec)?.key === wanted.key;
    });
    if (other) {
      const message = `must be a key of its own: ${wanted.key} holds the state of cluster ${other.cluster.name}`;
      throw invalidFields([{ path: `/${wanted.field}`, message, expected: 'another key' }]);
    }
    if (page.length < PAGE) return;
    after = page.at(-1)?.cluster.name;
  }
}
