import { HathiError } from '../errors.ts';
import type { Step } from '../operation/steps.ts';
import { runStep } from '../remedy.ts';

/**
 * The error of work that needs an earlier step.
 * @param step what was requested: a step, or a resource that a step creates
 * @param why replaces the sentence, where more is known than the order of the steps
 */
export function stepMissing(
  step: Step | 'connection',
  missing: Step,
  cluster: string,
  why = `${step} of cluster ${cluster} needs ${missing} first.`,
): HathiError {
  const remedies = [runStep(missing, cluster)];
  return new HathiError('STEP_MISSING', why, { step, missing, cluster, remedies });
}
