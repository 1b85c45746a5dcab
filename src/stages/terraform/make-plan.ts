import { planPlace } from '../../core/sealed-places.ts';
import type { StageContext } from '../../ports/stage.ts';
import type { PlanRecord } from '../../ports/stores.ts';
import { targetOf } from '../../shared/targets.ts';
import { judgeChanges } from './guard-plan.ts';
import { observeMachines, startsOf, vanished } from './machines.ts';
import { preflight } from './preflight.ts';
import { reconcileState } from './reconcile-state.ts';
import { FOLDER, readLockFile, type TerraformTools, terraformRun } from './terraform-tools.ts';

const REVIEWED_FILES = [`${FOLDER}/main.tf`, `${FOLDER}/imports.tf`, `${FOLDER}/outputs.tf`];

/**
 * Plans the configuration of the workspace, or the removal of all resources. Stores the plan as the
 * only ready plan.
 * @throws TERRAFORM_FAILED | STATE_UNREADABLE | TOOL_MISSING | TOOL_TOO_OLD
 * @throws CLOUD_UNAVAILABLE | CLOUD_REFUSED with the findings
 */
export async function makePlan(
  context: StageContext,
  tools: TerraformTools,
  destroy: boolean,
): Promise<Omit<PlanRecord, 'created_at'>> {
  const { cluster, operation } = context;
  const { terraform, secretBox } = tools;
  const state = await reconcileState(context, tools);
  const machines = destroy || !state ? null : await observeMachines(context, tools);
  const found = destroy ? null : await preflight(context, tools, state, machines);
  const run = terraformRun(context, tools);
  const made = await terraform.plan(run, {
    destroy,
    replace: state && machines ? vanished(context, tools, state, machines) : [],
    parts: targetOf(cluster, tools).moduleResources.parts,
    operationId: operation.id,
  });
  const judged = await judgeChanges(context, tools, made.changes);
  const { name, version } = await terraform.engine();
  const id = tools.ids.next();
  const plan: Omit<PlanRecord, 'created_at'> = {
    id,
    cluster_id: cluster.id,
    operation_id: operation.id,
    infrastructure_revision: cluster.infrastructure_revision,
    state: 'ready',
    destroy,
    digest: made.digest,
    lock_file: await readLockFile(context, tools),
    base_state: state && { lineage: state.lineage, serial: state.serial },
    engine: {
      name,
      version,
      configuration_digest: await terraform.configurationDigest(run.folder),
    },
    summary: made.summary,
    changes: judged.changes,
    files: await configurationFiles(context, tools),
    context: found,
    // The removal of the whole cluster was confirmed, and its protection was checked.
    refusals: destroy ? [] : judged.refusals,
    starts: state && machines ? startsOf(context, tools, state, machines, judged.changes) : [],
    sealed_file: secretBox.seal(made.bytes, planPlace(id)),
    outcome: null,
  };
  await context.write(async ({ plans }) => {
    await plans.retireReady(cluster.id);
    await plans.insert(plan);
  });
  await context.emit({
    type: 'terraform.plan',
    data: { plan_id: id, summary: made.summary, refusals: plan.refusals, starts: plan.starts },
  });
  return plan;
}

/**
 * Further files that a person reviews with the plan. They contain no secret: keys are named by
 * their path.
 */
async function configurationFiles(context: StageContext, tools: TerraformTools) {
  const files: PlanRecord['files'] = [];
  for (const path of REVIEWED_FILES) {
    const content = await tools.workspace.read(context.cluster.name, path);
    if (content) files.push({ path, content: Buffer.from(content).toString('utf8') });
  }
  return files;
}
