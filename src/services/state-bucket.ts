import type { ClusterSpec } from '../core/cluster/cluster-spec.ts';
import { HathiError } from '../core/errors.ts';
import type { Stores } from '../ports/stores.ts';

const PAGE = 100;

/**
 * Two clusters with one state would each remove the machines of the other, which its own
 * configuration does not contain. A bucket's name is unique among all regions.
 * @throws INVALID_REQUEST if another cluster has its state in the same object
 */
export async function assertOwnState(
  clusters: Pick<Stores['clusters'], 'list'>,
  spec: ClusterSpec,
): Promise<void> {
  const wanted = spec.aws?.state_bucket;
  if (!wanted) return;
  for (let after: string | undefined; ; ) {
    const page = await clusters.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    const other = page.find(({ cluster }) => {
      const kept = cluster.spec.aws?.state_bucket;
      return kept?.bucket === wanted.bucket && kept.key === wanted.key;
    });
    if (other) throw stateTaken(wanted.key, other.cluster.name);
    if (page.length < PAGE) return;
    after = page.at(-1)?.cluster.name;
  }
}

function stateTaken(key: string, cluster: string): HathiError {
  const message = `must be a key of its own: ${key} holds the state of cluster ${cluster}`;
  return new HathiError('INVALID_REQUEST', `aws/state_bucket/key: ${message}.`, {
    errors: [{ path: '/aws/state_bucket/key', message, expected: 'another key' }],
  });
}
