/**
 * What a resource is to its node. A container holds the node's data itself; beside an instance the
 * data lies on a volume.
 */
export const NODE_PARTS = ['container', 'instance', 'data-volume', 'data-attachment'] as const;
export type NodePart = (typeof NODE_PARTS)[number];

/**
 * What applying one change does. `replaces`: the resource is removed and created again. `loses-data`:
 * PostgreSQL's data of an existing node is removed, whether or not the node comes back.
 */
export const CHANGE_EFFECTS = [
  'adds',
  'in-place',
  'stops-node',
  'replaces',
  'removes',
  'loses-data',
] as const;
export type ChangeEffect = (typeof CHANGE_EFFECTS)[number];

/** A change of a plan, as far as its effect on nodes depends on it. */
export interface PlannedChange {
  /** e.g. `module.cluster.aws_instance.node["pg-1"]` */
  address: string;
  /** e.g. `aws_instance` */
  type: string;
  /** Terraform's words, e.g. `["delete", "create"]`. */
  actions: readonly string[];
  /** Attributes that differ; of a replacement, those that force it. */
  attributes: readonly string[];
  /** e.g. `replace_because_tainted` */
  action_reason: string | null;
  /** null for a resource of the cluster as a whole. */
  node: string | null;
  part: NodePart | null;
}

export const isMachine = ({ part }: Pick<PlannedChange, 'part'>): boolean =>
  part === 'container' || part === 'instance';

export const holdsData = ({ part }: Pick<PlannedChange, 'part'>): boolean =>
  part === 'container' || part === 'data-volume';

export const removes = ({ actions }: Pick<PlannedChange, 'actions'>): boolean =>
  actions.includes('delete');

export const replaces = ({ actions }: Pick<PlannedChange, 'actions'>): boolean =>
  actions.includes('delete') && actions.includes('create');
