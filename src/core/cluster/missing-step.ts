import { HathiError } from '../errors.ts';
import type { Step } from '../operation/steps.ts';
import { runStep } from '../remedy.ts';

/** Progress of the steps of a cluster: the revision of the spec that each step has completed. */
export interface StepRevisions {
  spec_revision: number;
  infrastructure_revision: number;
  terraform_generated_revision: number | null;
  applied_revision: number | null;
  ansible_generated_revision: number | null;
  ansible_executed_revision: number | null;
  /** null before the first apply. */
  nodes: unknown;
}

/**
 * The error of a request that needs an earlier step.
 * @param step the requested step, or a requested resource that a step creates
 * @param why a sentence that is more specific than the order of the steps
 */
export function stepMissing(
  step: Step | 'connection' | 'change-cluster' | 'repair-cluster' | 'switchover',
  missing: Step,
  cluster: string,
  why = `${step} of cluster ${cluster} needs ${missing} first.`,
): HathiError {
  const remedies = [runStep(missing, cluster)];
  return new HathiError('STEP_MISSING', why, { step, missing, cluster, remedies });
}

/**
 * The step that is required before `step`, by the revisions of the cluster.
 * @param cluster null before the first generate-terraform
 * @param plan the newest plan; null if there is none
 * @returns null if no step is missing
 */
export function missingStep(
  step: Step,
  cluster: StepRevisions | null,
  plan: { destroy: boolean } | null,
): Step | null {
  if (step === 'generate-terraform') return null;
  if (!cluster) return 'generate-terraform';
  const revision = cluster.infrastructure_revision;
  const isGenerated = cluster.terraform_generated_revision === revision;
  const isApplied = cluster.nodes !== null && cluster.applied_revision === revision;
  switch (step) {
    case 'destroy-terraform':
      return null;
    case 'plan-terraform':
      return isGenerated ? null : 'generate-terraform';
    case 'apply-terraform':
      if (!isGenerated) return 'generate-terraform';
      return plan === null || plan.destroy ? 'plan-terraform' : null;
    case 'create-ansible-script':
      if (!isGenerated) return 'generate-terraform';
      return isApplied ? null : 'apply-terraform';
    case 'execute-ansible-script':
      if (!isApplied) return 'apply-terraform';
      return cluster.ansible_generated_revision === cluster.spec_revision
        ? null
        : 'create-ansible-script';
    case 'verify-replication':
      return cluster.ansible_executed_revision === null ? 'execute-ansible-script' : null;
  }
}

/** @throws STEP_MISSING naming the step that is missing */
export function assertStepMayRun(
  step: Step,
  clusterName: string,
  cluster: StepRevisions | null,
  plan: { destroy: boolean } | null,
): void {
  const missing = missingStep(step, cluster, plan);
  if (missing !== null) throw stepMissing(step, missing, clusterName);
}
