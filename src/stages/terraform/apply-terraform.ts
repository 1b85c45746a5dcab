import { stepMissing } from '../../core/cluster/missing-step.ts';
import { HathiError } from '../../core/errors.ts';
import type { StageResult } from '../../core/operation/stage-results.ts';
import type { Stage, StageContext } from '../../ports/stage.ts';
import type { PlanRecord } from '../../ports/stores.ts';
import { assertFresh, executePlan, type StoredPlan, stale } from './execute-plan.ts';
import { assertAllowed } from './guard-plan.ts';
import { startMachines } from './machines.ts';
import { reconcileState } from './reconcile-state.ts';
import { type TerraformTools, terraformRun } from './terraform-tools.ts';

const NAME = 'apply-terraform';

/** Applies the reviewed plan once. A second apply returns the outcome of the first. */
export function createApplyTerraformStage(tools: TerraformTools): Stage<'apply-terraform'> {
  return {
    name: NAME,
    afterCrash: 'recover',
    async run(context) {
      return apply(context, tools, await choosePlan(context));
    },
    async recover(context) {
      const plan = await choosePlan(context);
      const begun = await tools.terraform.applyStarted(terraformRun(context, tools));
      // Only this operation can have marked the plan, and it has not started the apply yet.
      const again = plan.state === 'applying' && !begun;
      if (!begun) return apply(context, tools, again ? { ...plan, state: 'ready' } : plan);
      if (plan.state === 'applied') return plan.outcome as StageResult<'apply-terraform'>;
      return finish(context, tools, plan);
    },
  };
}

async function choosePlan(context: StageContext): Promise<PlanRecord> {
  const { cluster, operation, read } = context;
  const wanted = operation.input.plan_id ?? context.outcomeOf('plan-terraform')?.plan_id ?? null;
  const plan =
    typeof wanted === 'string' ? await read.plans.get(wanted) : await read.plans.latest(cluster.id);
  if (plan === null) {
    throw stepMissing(NAME, 'plan-terraform', cluster.name);
  }
  if (plan.cluster_id !== cluster.id) {
    throw new HathiError('PLAN_NOT_FOUND', `The cluster ${cluster.name} has no plan ${plan.id}.`, {
      plan_id: plan.id,
    });
  }
  return plan;
}

async function apply(
  context: StageContext,
  tools: TerraformTools,
  plan: PlanRecord,
): Promise<StageResult<'apply-terraform'>> {
  if (plan.destroy) {
    throw stale(plan, 'it removes the cluster, which only destroy-terraform does', {});
  }
  if (plan.state === 'applied') {
    const named = context.operation.input.plan_id === plan.id;
    if (named || plan.infrastructure_revision === context.cluster.infrastructure_revision) {
      return plan.outcome as StageResult<'apply-terraform'>;
    }
  }
  if (plan.state === 'failed' || plan.state === 'applying') {
    throw stale(plan, 'an apply of it began and did not succeed', { state: plan.state });
  }
  if (plan.state === 'stale') throw stale(plan, 'a newer plan was made', { state: plan.state });
  await assertFresh(context, tools, plan, NAME);
  await assertAllowed(context, tools, plan);
  await startMachines(context, tools, plan.starts);
  return finish(context, tools, plan);
}

async function finish(
  context: StageContext,
  tools: TerraformTools,
  plan: StoredPlan,
): Promise<StageResult<'apply-terraform'>> {
  const { applied, state: applyState } = await executePlan(context, tools, plan);
  const started = plan.starts.map(({ node }) => node);
  // A stopped machine can get another address at its start, and the plan has the old addresses.
  if (started.length > 0) await tools.terraform.refresh(terraformRun(context, tools));
  const state = started.length > 0 ? null : applyState;
  const nodes = (state ?? (await reconcileState(context, tools)))?.nodes ?? null;
  if (nodes === null) {
    throw new HathiError('TERRAFORM_FAILED', 'The apply succeeded, but gave no output "nodes".');
  }
  const outcome = {
    plan_id: plan.id,
    applied: true as const,
    resources: applied.resources,
    started,
    nodes,
  };
  await context.write(async ({ clusters, plans }) => {
    await plans.setState(plan.id, 'applied', outcome);
    await clusters.update(context.cluster.id, {
      nodes,
      applied_revision: plan.infrastructure_revision,
      applied_spec: context.cluster.spec,
    });
  });
  return outcome;
}
