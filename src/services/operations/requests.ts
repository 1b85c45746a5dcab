import type { z } from 'zod';
import type { ClusterSpec, commonSpecSchema } from '../../core/cluster/cluster-spec.ts';
import type { Step } from '../../core/operation/steps.ts';

type CommonChanges = {
  [Field in Exclude<keyof z.infer<typeof commonSpecSchema>, 'name' | 'parameters'>]?:
    | ClusterSpec[Field]
    | undefined;
};

/**
 * Members of a spec in a request. A member that is left out keeps its value or gets its default.
 * The
 * settings of a target stand under its name; HTTP has checked their form.
 */
export type SpecChanges = CommonChanges & Readonly<Record<string, unknown>>;

/** Value of a PostgreSQL parameter in JSON, in any spelling; `null` resets it to its default. */
export type ParameterValue = string | number | boolean | null;

/**
 * Input of each step besides the name of the cluster. HTTP has checked its form, not its meaning.
 */
export interface StepInputs extends Record<Step, unknown> {
  'generate-terraform': SpecChanges;
  'plan-terraform': Record<string, never>;
  /** Default: the newest plan. */
  'apply-terraform': { plan_id?: string | undefined };
  'create-ansible-script': { parameters: Record<string, ParameterValue> };
  'execute-ansible-script': Record<string, never>;
  'verify-replication': Record<string, never>;
  /** HTTP has compared `confirm` with the name of the cluster. */
  'destroy-terraform': { confirm: string };
}

/** Facts about the sender of a request. */
export interface Caller {
  /** Idempotency key of the request; its operation stores it. */
  idempotencyKey: string | null;
}

/** Request for a new cluster. */
export interface ClusterRequest {
  name: string;
  spec: SpecChanges;
  parameters: Record<string, ParameterValue>;
  labels: Record<string, string>;
  /** Default: on for targets that cost money, off for `local`. */
  deletionProtection: boolean | undefined;
  approval: 'manual' | 'automatic';
}

/** Effects for which an automatic approval needs an entry in `allow`. */
export const ALLOWED_EFFECTS = ['delete-data'] as const;

/** Request for another spec of an existing cluster. Members that are left out keep their value. */
export interface ChangeRequest {
  spec: SpecChanges;
  /** `null` resets a parameter to its default. */
  parameters: Record<string, ParameterValue>;
  /** With `automatic`, a change that deletes data still waits for approval unless it is allowed. */
  approval: 'manual' | 'automatic';
  allow: readonly (typeof ALLOWED_EFFECTS)[number][];
}
