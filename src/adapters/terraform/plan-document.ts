import { z } from 'zod';
import type { PlanSummary } from '../../core/plan/plan-summary.ts';
import { type ModuleResources, placeOf } from '../../core/terraform/addresses.ts';
import type { PlannedResource } from '../../ports/terraform.ts';
import { changedAttributes } from './changed-attributes.ts';

/** A shorter secret inside a longer text is probably a part of an ordinary word. */
const SHORTEST_PART = 6;

export const SENSITIVE = '(sensitive)';
export const UNKNOWN = '(known after apply)';

const changeSchema = z.object({
  actions: z.array(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
});

const planSchema = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        change: changeSchema,
        action_reason: z.string().optional(),
      }),
    )
    .default([]),
  output_changes: z.record(z.string(), changeSchema).default({}),
});

/**
 * Reads the plan from the output of `show -json` and masks sensitive values. The document contains
 * them in clear text, with separate marks. A value that is marked in one place is masked
 * everywhere. The engines lose the mark where a resource copies a value, as terraform_data does to
 * `output`.
 * @throws ZodError when the document is not of the format 1.x
 */
export function readPlan(
  document: unknown,
  parts: ModuleResources['parts'],
): { summary: PlanSummary; changes: PlannedResource[] } {
  const plan = planSchema.parse(document);
  const changed = plan.resource_changes.filter(
    ({ mode, change }) => mode === 'managed' && !isNothing(change.actions),
  );
  const secrets = secretsOf([
    ...plan.resource_changes.map(({ change }) => change),
    ...Object.values(plan.output_changes),
  ]);
  const changes = changed.map(({ address, type, name, change, action_reason }) => ({
    address,
    type,
    name,
    actions: change.actions,
    attributes: changedAttributes(change),
    ...placeOf(parts, address),
    before: hide(mask(change.before ?? null, change.before_sensitive), secrets),
    after: hide(
      mask(withUnknown(change.after ?? null, change.after_unknown), change.after_sensitive),
      secrets,
    ),
    action_reason: action_reason ?? null,
  }));
  const count = (test: (actions: string[]) => boolean) =>
    changes.filter(({ actions }) => test(actions)).length;
  const outputsChange = Object.values(plan.output_changes).some(
    ({ actions }) => !isNothing(actions),
  );
  return {
    changes,
    summary: {
      add: count((actions) => actions.length === 1 && actions[0] === 'create'),
      change: count((actions) => actions[0] === 'update'),
      replace: count((actions) => actions.length === 2),
      destroy: count((actions) => actions.length === 1 && actions[0] === 'delete'),
      empty: changes.length === 0 && !outputsChange,
    },
  };
}

function isNothing(actions: readonly string[]): boolean {
  return actions.every((action) => action === 'no-op' || action === 'read');
}

/** @param marks `true`, or the shape of the value with `true` at each sensitive place */
function mask(value: unknown, marks: unknown): unknown {
  return replaceMarked(value, marks, SENSITIVE);
}

/**
 * Values that are known only after the apply are absent in the document. They get a placeholder.
 */
function withUnknown(value: unknown, marks: unknown): unknown {
  return replaceMarked(value, marks, UNKNOWN);
}

type Change = z.infer<typeof changeSchema>;

/** Returns every text at or below a mark. */
function secretsOf(changes: readonly Change[]): Set<string> {
  const secrets = new Set<string>();
  const collect = (value: unknown, marks: unknown) => {
    if (typeof value === 'string') {
      if (marks === true && value !== '') secrets.add(value);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        collect(member, marks === true || (marks as Record<string, unknown> | null)?.[key]);
      }
    }
  };
  for (const change of changes) {
    collect(change.before, change.before_sensitive);
    collect(change.after, change.after_sensitive);
  }
  return secrets;
}

function hide(value: unknown, secrets: ReadonlySet<string>): unknown {
  if (typeof value === 'string') {
    if (secrets.has(value)) return SENSITIVE;
    const held = [...secrets].some((one) => one.length >= SHORTEST_PART && value.includes(one));
    return held ? SENSITIVE : value;
  }
  if (Array.isArray(value)) return value.map((element) => hide(element, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, hide(member, secrets)]),
  );
}

function replaceMarked(value: unknown, marks: unknown, text: string): unknown {
  if (marks === true) return text;
  if (Array.isArray(marks)) {
    const elements = Array.isArray(value) ? value : [];
    const length = Math.max(elements.length, marks.length);
    return Array.from({ length }, (_, index) =>
      replaceMarked(elements[index] ?? null, marks[index], text),
    );
  }
  if (typeof marks === 'object' && marks !== null) {
    // A null value has nothing to mask, and no members to which a deeper mark could apply.
    if (value === null && !holdsMark(marks)) return value;
    const members = typeof value === 'object' && value !== null ? value : {};
    const masked: Record<string, unknown> = { ...members };
    for (const [key, mark] of Object.entries(marks)) {
      if (!(key in members) && !holdsMark(mark)) continue;
      masked[key] = replaceMarked(masked[key] ?? null, mark, text);
    }
    return masked;
  }
  return value;
}

function holdsMark(marks: unknown): boolean {
  if (marks === true) return true;
  return typeof marks === 'object' && marks !== null && Object.values(marks).some(holdsMark);
}
