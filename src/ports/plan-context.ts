import type { CostEstimate } from '../core/aws/cost-estimate.ts';
import type { CloudIdentity, Finding } from './cloud.ts';

/** What a reviewer of a plan should know besides its changes; it is stored with the plan. */
export interface PlanContext {
  /** Whose account it is made in. */
  identity: CloudIdentity;
  findings: Finding[];
  /** null where a price is not known. */
  cost: CostEstimate | null;
}
