import { assertStepMayRun } from '../../core/cluster/missing-step.ts';
import type { Stage } from '../../ports/stage.ts';
import { makePlan } from './make-plan.ts';
import { requireConfiguration, type TerraformTools } from './terraform-tools.ts';

const NAME = 'plan-terraform';

/** Makes a plan, and stores it as the next plan to apply. */
export function createPlanTerraformStage(tools: TerraformTools): Stage<'plan-terraform'> {
  return {
    name: NAME,
    afterCrash: 'run-again',
    async run(context) {
      assertStepMayRun(NAME, context.cluster.name, context.cluster, null);
      await requireConfiguration(context, tools, NAME);
      const plan = await makePlan(context, tools, false);
      return {
        plan_id: plan.id,
        digest: plan.digest,
        summary: plan.summary,
        changes: plan.changes,
        context: plan.context,
        refusals: plan.refusals,
        starts: plan.starts,
        engine: await tools.terraform.engine(),
      };
    },
  };
}
