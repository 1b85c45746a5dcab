import { z } from 'zod';
import { findSetting } from '../postgres/catalogue.ts';
import { type ClusterSpec, needsPlan } from './cluster-spec.ts';

/**
 * `machines`: Terraform changes machines or their network. `restart`: PostgreSQL restarts, one node
 * at a time. `reload`: PostgreSQL reads the value while it runs. `configuration`: files of the nodes
 * change, and PostgreSQL or Patroni reload them.
 */
export const SPEC_CHANGE_EFFECTS = ['machines', 'restart', 'reload', 'configuration'] as const;
export type SpecChangeEffect = (typeof SPEC_CHANGE_EFFECTS)[number];

/** One member of a spec that differs. */
export const specChangeSchema = z
  .object({
    field: z
      .string()
      .describe('E.g. `replica_count`, `parameters.work_mem`, `aws.volume_size_gib`.'),
    before: z.string().nullable().describe('Value of the nodes, as text; null if there is none.'),
    after: z.string().nullable().describe('Requested value, as text; null for the default.'),
    effect: z.enum(SPEC_CHANGE_EFFECTS),
  })
  .meta({ id: 'SpecChange' });
export type SpecChange = z.infer<typeof specChangeSchema>;

/** Every difference between two specs, sorted by field. Objects are compared member by member. */
export function specChanges(before: ClusterSpec, after: ClusterSpec): SpecChange[] {
  const old = leaves(before);
  const next = leaves(after);
  return [...new Set([...old.keys(), ...next.keys()])]
    .filter((field) => old.get(field) !== next.get(field))
    .sort()
    .map((field) => ({
      field,
      before: old.get(field) ?? null,
      after: next.get(field) ?? null,
      effect: effectOf(after, field),
    }));
}

const PARAMETERS = 'parameters.';

function effectOf({ postgres_version }: ClusterSpec, field: string): SpecChangeEffect {
  if (field.startsWith(PARAMETERS)) {
    const setting = findSetting(postgres_version, field.slice(PARAMETERS.length));
    return setting?.context === 'restart' ? 'restart' : 'reload';
  }
  return needsPlan(field.split('.')[0] ?? field) ? 'machines' : 'configuration';
}

/** Lists count as one value, because their order has a meaning. */
function leaves(value: object, path = '', found = new Map<string, string>()): Map<string, string> {
  for (const [name, member] of Object.entries(value)) {
    const field = path === '' ? name : `${path}.${name}`;
    if (member === undefined || member === null) continue;
    if (typeof member === 'object' && !Array.isArray(member)) leaves(member, field, found);
    else found.set(field, typeof member === 'string' ? member : JSON.stringify(member));
  }
  return found;
}
