import { HathiError } from '../../core/errors.ts';
import type { ClusterRecord, Stores } from '../../ports/stores.ts';

/** Members of a cluster that no operation needs. A member that is left out keeps its value. */
export interface MetadataChange {
  /** As a whole. */
  labels?: Record<string, string>;
  deletionProtection?: boolean;
  /** Tag that the caller has read; null accepts every tag. */
  ifMatch: string | null;
}

/**
 * ETag of the part that PATCH changes without an operation. It excludes observed members, which
 * change without a request.
 */
export function tagOf(cluster: ClusterRecord): string {
  return `${cluster.id}.${cluster.metadata_revision}`;
}

/**
 * @param cluster as read in the same transaction
 * @throws PRECONDITION_FAILED
 */
export async function changeMetadata(
  clusters: Stores['clusters'],
  cluster: ClusterRecord,
  { labels, deletionProtection, ifMatch }: MetadataChange,
): Promise<void> {
  const { id, name } = cluster;
  if (ifMatch !== null && ifMatch !== tagOf(cluster)) {
    const etag = `"${tagOf(cluster)}"`;
    const message = `Cluster ${name} is no longer the one that If-Match names; its ETag is ${etag} now.`;
    throw new HathiError('PRECONDITION_FAILED', message, { etag });
  }
  if (labels === undefined && deletionProtection === undefined) return;
  await clusters.update(id, {
    ...(labels === undefined ? {} : { labels }),
    ...(deletionProtection === undefined ? {} : { deletion_protection: deletionProtection }),
    metadata_revision: cluster.metadata_revision + 1,
  });
}
