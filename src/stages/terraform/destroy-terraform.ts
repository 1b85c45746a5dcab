import { HathiError } from '../../core/errors.ts';
import type { StageResult } from '../../core/operation/stage-results.ts';
import type { LabelledResource } from '../../core/resources.ts';
import type { Stage, StageContext } from '../../ports/stage.ts';
import { targetOf } from '../../shared/targets.ts';
import { executePlan, type StoredPlan } from './execute-plan.ts';
import { makePlan } from './make-plan.ts';
import { reconcileState } from './reconcile-state.ts';
import { FOLDER, type TerraformTools, terraformRun } from './terraform-tools.ts';
import { writeConfiguration } from './write-configuration.ts';

const NAME = 'destroy-terraform';

/** Removes every machine of the cluster, and keeps its record until all are removed. */
export function createDestroyTerraformStage(tools: TerraformTools): Stage<'destroy-terraform'> {
  return {
    name: NAME,
    afterCrash: 'recover',
    async run(context) {
      const destroyed = await destroyAll(context, tools);
      return forgetCluster(context, tools, destroyed);
    },
    async recover(context) {
      const begun = await tools.terraform.applyStarted(terraformRun(context, tools));
      const plan = begun ? await context.read.plans.latest(context.cluster.id) : null;
      const destroyed =
        plan?.destroy && plan.state !== 'applied'
          ? await execute(context, tools, plan)
          : begun
            ? (plan?.outcome?.resources.destroyed ?? 0)
            : await destroyAll(context, tools);
      return forgetCluster(context, tools, destroyed);
    },
  };
}

/** @returns the number of removed resources */
async function destroyAll(context: StageContext, tools: TerraformTools): Promise<number> {
  const { cluster } = context;
  const known = await context.read.states.latest(cluster.id);
  // A worker that is new to the cluster has the state in the database, but no files yet.
  if (known && (await tools.workspace.read(cluster.name, `${FOLDER}/main.tf`)) === null) {
    await writeConfiguration(context, tools);
  }
  const state = await reconcileState(context, tools);
  if (!state || state.addresses.length === 0) return 0;
  return execute(context, tools, await makePlan(context, tools, true));
}

async function execute(
  context: StageContext,
  tools: TerraformTools,
  plan: StoredPlan,
): Promise<number> {
  const { applied } = await executePlan(context, tools, plan);
  const outcome = { plan_id: plan.id, resources: applied.resources };
  await context.write(({ plans }) => plans.setState(plan.id, 'applied', outcome));
  return applied.resources.destroyed;
}

/**
 * Removes resources with the cluster's labels that are in no state, then the workspace, the secrets
 * and the record. The order permits a restart at any line.
 * @throws TERRAFORM_FAILED naming the remaining resources, and how to remove them
 */
async function forgetCluster(
  context: StageContext,
  tools: TerraformTools,
  destroyed: number,
): Promise<StageResult<'destroy-terraform'>> {
  const { cluster } = context;
  const target = targetOf(cluster, tools);
  const orphans = await target.resources(cluster);
  const failures = orphans.length === 0 ? [] : await removeOrphans(context, tools, orphans);
  const left = orphans.length === 0 ? [] : await target.resources(cluster);
  if (left.length > 0) {
    throw new HathiError(
      'TERRAFORM_FAILED',
      `Not everything of ${cluster.name} could be removed. ${failures.join(' ')} By hand: ${left.map(({ remove }) => remove).join('; ')}`,
      { left },
    );
  }
  await tools.workspace.remove(cluster.name);
  await context.write(async ({ clusters, secrets }) => {
    await secrets.deleteAll(cluster.id);
    await clusters.update(cluster.id, { destroyed_at: tools.clock.now().toISOString() });
  });
  return {
    destroyed: true,
    resources: { destroyed: destroyed + orphans.length },
    left: [],
  };
}

async function removeOrphans(
  context: StageContext,
  tools: TerraformTools,
  orphans: readonly LabelledResource[],
): Promise<string[]> {
  const names = orphans.map(({ name }) => name).join(', ');
  await context.emit({
    type: 'terraform.log',
    data: { level: 'warning', message: `In no state, but of this cluster: ${names}. Removed.` },
  });
  try {
    await targetOf(context.cluster, tools).remove(context.cluster, orphans);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
