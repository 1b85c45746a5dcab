import { z } from 'zod';
import { STEPS, type Step } from '../operation/steps.ts';
import { type ClusterSpec, needsPlan } from './cluster-spec.ts';
import { type SpecChange, specChangeSchema, specChanges } from './spec-change.ts';

/** A change of the spec that was not applied to the nodes, or not completely. */
export const pendingChangeSchema = z.object({
  fields: z.array(z.string()).describe('Members of the spec that differ, e.g. `replica_count`.'),
  changes: z.array(specChangeSchema).describe('Each difference with both values, by field.'),
  next_step: z.enum(STEPS).describe('Step that comes next.'),
});
export type PendingChange = z.infer<typeof pendingChangeSchema>;

export interface AppliedSpecs {
  spec: ClusterSpec;
  /** Spec of the last apply, which the machines have; null before the first. */
  applied_spec: ClusterSpec | null;
  /** Spec that Ansible last brought to the nodes; null before the first time. */
  executed_spec: ClusterSpec | null;
  spec_revision: number;
  infrastructure_revision: number;
  terraform_generated_revision: number | null;
  applied_revision: number | null;
  ansible_generated_revision: number | null;
}

/**
 * Differences between the spec and the applied spec. They are compared by content: a spec that was
 * changed and changed back has a higher revision, but nothing is pending.
 * @returns null if nothing differs, and before the nodes are set up for the first time
 */
export function pendingChange(cluster: AppliedSpecs): PendingChange | null {
  const { spec, applied_spec: applied, executed_spec: executed } = cluster;
  if (executed === null) return null;
  const names = Object.keys({ ...executed, ...spec }) as (keyof ClusterSpec)[];
  const fields = names.filter(
    (name) =>
      !sameValue(spec[name], executed[name]) ||
      (needsPlan(name) && applied !== null && !sameValue(spec[name], applied[name])),
  );
  if (fields.length === 0) return null;
  return {
    fields: fields.sort(),
    changes: changesFrom(applied, executed, spec),
    next_step: pendingStep(cluster),
  };
}

/** A change that the machines have and Ansible has not is counted once. */
function changesFrom(
  applied: ClusterSpec | null,
  executed: ClusterSpec,
  spec: ClusterSpec,
): SpecChange[] {
  const changes = specChanges(executed, spec);
  const known = new Set(changes.map(({ field }) => field));
  const ofMachines = specChanges(applied ?? executed, spec).filter(
    ({ field, effect }) => effect === 'machines' && !known.has(field),
  );
  return [...changes, ...ofMachines].sort((one, other) => (one.field < other.field ? -1 : 1));
}

/** The step that comes next for the current spec. */
export function pendingStep(cluster: AppliedSpecs): Step {
  const revision = cluster.infrastructure_revision;
  if (cluster.terraform_generated_revision !== revision) return 'generate-terraform';
  if (cluster.applied_revision !== revision) return 'plan-terraform';
  const isWritten = cluster.ansible_generated_revision === cluster.spec_revision;
  return isWritten ? 'execute-ansible-script' : 'create-ansible-script';
}

/** Compares two JSON values; the order of an object's members does not matter. */
function sameValue(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other;
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [first, second] = [one as Record<string, unknown>, other as Record<string, unknown>];
  return [...new Set([...Object.keys(first), ...Object.keys(second)])].every((name) =>
    sameValue(first[name], second[name]),
  );
}
