import { z } from 'zod';
import { roleSchema } from '../cluster/topology.ts';

/**
 * Purpose of a resource for its node. A container holds the node's data; an instance has its data
 * on a separate volume.
 */
export const NODE_PARTS = ['container', 'instance', 'data-volume', 'data-attachment'] as const;
export type NodePart = (typeof NODE_PARTS)[number];

/**
 * Effect of the apply of one change. `replaces`: the resource is removed and created again.
 * `loses-data`: PostgreSQL's data of an existing node is removed, even if the node is created
 * again.
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

/** A change of one resource in a plan. */
export const resourceChangeSchema = z
  .object({
    address: z.string().describe('e.g. `module.cluster.aws_instance.node["pg-1"]`.'),
    type: z.string().describe('e.g. `aws_instance`.'),
    name: z.string(),
    actions: z.array(z.string()).describe("Terraform's words, e.g. `create`, `delete`."),
    before: z.unknown().describe('Sensitive values are masked.'),
    after: z.unknown().describe('Sensitive values are masked.'),
    action_reason: z.string().nullable().describe('e.g. `replace_because_tainted`.'),
    attributes: z
      .array(z.string())
      .describe('Attributes that differ; of a replacement, those that force it.'),
    node: z.string().nullable().describe('Node that the resource belongs to, if any.'),
    part: z.enum(NODE_PARTS).nullable().describe('Purpose of the resource for its node.'),
    role: roleSchema
      .nullable()
      .describe('Observed role of the node when the plan was made; null where not observed.'),
    effect: z
      .enum(CHANGE_EFFECTS)
      .describe(
        'Effect of the change. `loses-data`: PostgreSQL data of an existing node is removed.',
      ),
  })
  .meta({ id: 'ResourceChange' });
export type ResourceChange = z.infer<typeof resourceChangeSchema>;

/** The members of a change that decide its effect on nodes. */
export interface PlannedChange
  extends Readonly<Pick<ResourceChange, 'address' | 'type' | 'action_reason' | 'node' | 'part'>> {
  readonly actions: readonly string[];
  readonly attributes: readonly string[];
}

export const isMachine = ({ part }: Pick<PlannedChange, 'part'>): boolean =>
  part === 'container' || part === 'instance';

export const holdsData = ({ part }: Pick<PlannedChange, 'part'>): boolean =>
  part === 'container' || part === 'data-volume';

export const removes = ({ actions }: Pick<PlannedChange, 'actions'>): boolean =>
  actions.includes('delete');

export const replaces = ({ actions }: Pick<PlannedChange, 'actions'>): boolean =>
  actions.includes('delete') && actions.includes('create');
