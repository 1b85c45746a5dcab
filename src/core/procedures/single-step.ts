import type { Step } from '../operation/steps.ts';
import { type OperationAccess, type Procedure, stage } from './procedure.ts';

/** A call of a public step: the stage of the same name. The call is the approval. */
export function singleStep(step: Step, access: OperationAccess = 'change'): Procedure {
  return { access, stages: () => [stage(step)] };
}
