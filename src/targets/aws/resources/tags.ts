import type { AccountResource } from '../../../core/resources.ts';

/** Tags that the Terraform module writes on all its resources. */
export const TAGS = {
  site: 'hathi:site',
  cluster: 'hathi:cluster',
  node: 'hathi:node',
  operation: 'hathi:operation',
  resource: 'hathi:resource',
} as const;

export type Tags = ReadonlyMap<string, string>;

export interface Selection {
  site?: string;
  cluster?: string;
}

export function tagsOf(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Tags {
  return new Map((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Returns whether a resource belongs to Hathi, and to the site and cluster if they are given. */
export function isSelected(tags: Tags, { site, cluster }: Selection): boolean {
  return (
    tags.has(TAGS.cluster) &&
    (site === undefined || tags.get(TAGS.site) === site) &&
    (cluster === undefined || tags.get(TAGS.cluster) === cluster)
  );
}

/** Returns the facts of a resource that its tags contain. */
export function taggedAs(
  tags: Tags,
): Pick<AccountResource, 'site' | 'cluster' | 'node' | 'operation_id'> & { kind: string | null } {
  const value = (tag: string) => tags.get(tag) ?? null;
  return {
    kind: value(TAGS.resource),
    site: value(TAGS.site),
    cluster: value(TAGS.cluster),
    node: value(TAGS.node),
    operation_id: value(TAGS.operation),
  };
}
