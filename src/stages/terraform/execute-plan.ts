import { createHash } from 'node:crypto';
import { isDiskFullMessage } from '../../core/disk-full.ts';
import { HathiError, isHathiError } from '../../core/errors.ts';
import type { Step } from '../../core/operation/steps.ts';
import type { LabelledResource } from '../../core/resources.ts';
import { planPlace } from '../../core/sealed-places.ts';
import type { StageContext } from '../../ports/stage.ts';
import type { PlanRecord } from '../../ports/stores.ts';
import type { AppliedPlan, TerraformState } from '../../ports/terraform.ts';
import { makePlan } from './make-plan.ts';
import { orphansOf } from './orphans.ts';
import { createStateKeeper, reconcileState } from './reconcile-state.ts';
import {
  readLockFile,
  requireConfiguration,
  type TerraformTools,
  terraformRun,
} from './terraform-tools.ts';

/**
 * Disk space that an apply may need: the output of Terraform, its state twice, and the events and
 * versions of the state in the embedded database, which needs 48 MiB to stay writable.
 */
const APPLY_BYTES = 64 * 2 ** 20;

export type StoredPlan = Omit<PlanRecord, 'created_at'>;

/**
 * Checks that the inputs of the plan are unchanged: the cluster's revision, the state, the files.
 * Terraform rejects an older state only if there was one.
 * @throws PLAN_STALE naming the changed input
 */
export async function assertFresh(
  context: StageContext,
  tools: TerraformTools,
  plan: StoredPlan,
  stage: Step,
): Promise<void> {
  const { cluster } = context;
  if (plan.infrastructure_revision !== cluster.infrastructure_revision) {
    throw stale(plan, `the cluster's spec has changed since`, {
      plan_revision: plan.infrastructure_revision,
      cluster_revision: cluster.infrastructure_revision,
    });
  }
  await requireConfiguration(context, tools, stage);
  const state = await reconcileState(context, tools);
  const base = plan.base_state;
  if (base?.lineage !== state?.lineage || base?.serial !== state?.serial) {
    throw stale(plan, 'the Terraform state has changed since', {
      plan_serial: base?.serial ?? null,
      state_serial: state?.serial ?? null,
    });
  }
  const { folder } = terraformRun(context, tools);
  const configuration = await tools.terraform.configurationDigest(folder);
  if (configuration !== plan.engine.configuration_digest) {
    throw stale(plan, `the files in ${folder} have changed since`, {});
  }
  if ((await readLockFile(context, tools)) !== plan.lock_file) {
    throw stale(plan, 'the lock file of providers has changed since', {});
  }
}

export function stale(plan: StoredPlan, why: string, details: Record<string, unknown>): HathiError {
  return new HathiError(
    'PLAN_STALE',
    `Plan ${plan.id} cannot be applied: ${why}. Make a new one by plan-terraform.`,
    { plan_id: plan.id, ...details },
  );
}

/**
 * The reviewed bytes.
 * @throws PLAN_ALTERED | SECRET_UNREADABLE
 */
function reviewedBytes(tools: TerraformTools, plan: StoredPlan): Uint8Array {
  const bytes = tools.secretBox.open(plan.sealed_file, planPlace(plan.id));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (digest === plan.digest) return bytes;
  throw new HathiError(
    'PLAN_ALTERED',
    `Plan ${plan.id} has the digest ${digest}, but ${plan.digest} was reviewed. It is not applied.`,
    { plan_id: plan.id, digest, reviewed_digest: plan.digest },
  );
}

/**
 * Applies the bytes of the plan once, or adopts the apply that an earlier attempt began. The state
 * is stored while it grows. The caller marks the plan as applied, together with the outcome.
 * @throws TERRAFORM_FAILED | OPERATION_CANCELLED; the plan is marked as failed
 * @throws OPERATION_INTERRUPTED after the leftovers of the apply are recorded and planned again
 */
export async function executePlan(
  context: StageContext,
  tools: TerraformTools,
  plan: StoredPlan,
): Promise<{ applied: AppliedPlan; state: TerraformState | null }> {
  const bytes = reviewedBytes(tools, plan);
  const run = terraformRun(context, tools);
  // A running apply is adopted even if the disk is full.
  if (!(await tools.terraform.applyStarted(run))) {
    tools.workspace.requireSpace(
      APPLY_BYTES,
      plan.destroy ? 'destroy the cluster' : 'apply the plan',
    );
  }
  await context.write(({ plans }) => plans.setState(plan.id, 'applying'));
  const keeper = createStateKeeper(context, tools);
  let applied: AppliedPlan;
  try {
    applied = await tools.terraform.apply(run, bytes, async () => {
      await keeper.keep();
    });
  } catch (error) {
    if (isHathiError(error, 'LEASE_LOST')) throw error;
    if (isHathiError(error, 'OPERATION_INTERRUPTED')) {
      throw await recordInterruption(context, tools, plan, error.message);
    }
    await context.write(({ plans }) => plans.setState(plan.id, 'failed'));
    throw error;
  }
  if (applied.killed) {
    const how = `Terraform was killed (exit code ${applied.exitCode})`;
    throw await recordInterruption(context, tools, plan, how);
  }
  const state = await keeper.keep();
  if (applied.exitCode === 0) return { applied, state };
  await context.write(({ plans }) => plans.setState(plan.id, 'failed'));
  // The apply was killed, so the state may lack the resource that was just created.
  const orphans = applied.exitCode > 128 ? await orphansNow(context, tools) : [];
  throw applyFailed(plan, applied, orphans);
}

function applyFailed(
  plan: StoredPlan,
  applied: AppliedPlan,
  orphans: readonly LabelledResource[],
): HathiError {
  const facts = { plan_id: plan.id, resources: applied.resources, orphans };
  if (applied.cancelled) {
    return new HathiError(
      'OPERATION_CANCELLED',
      'The apply was stopped. The state contains the resources that were created; plan again to continue.',
      facts,
    );
  }
  const errors = applied.diagnostics.filter(({ severity }) => severity === 'error');
  const messages = errors.map(({ summary, detail, address }) =>
    [address, detail || summary].filter(Boolean).join(': '),
  );
  const code = isDiskFullMessage(messages.join(' ')) ? 'DISK_FULL' : 'TERRAFORM_FAILED';
  return new HathiError(code, `The apply failed. ${messages.join(' ')}`, {
    ...facts,
    diagnostics: errors,
  });
}

/**
 * Stores the leftovers of an apply that died, and plans the remaining changes again. Nothing is
 * applied again.
 * @returns the error to throw
 */
async function recordInterruption(
  context: StageContext,
  tools: TerraformTools,
  plan: StoredPlan,
  how: string,
): Promise<HathiError> {
  await context.write(({ plans }) => plans.setState(plan.id, 'failed'));
  const facts: Record<string, unknown> = {
    interrupted_plan_id: plan.id,
    plan_id: null,
    orphans: [],
  };
  const problems: string[] = [];
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      // The facts so far are still useful, and this error must not hide the interruption.
      if (!isHathiError(error) || error.code === 'LEASE_LOST') throw error;
      problems.push(error.message);
    }
  };
  await attempt(async () => {
    facts.orphans = await orphansNow(context, tools);
  });
  await attempt(async () => {
    facts.plan_id = (await makePlan(context, tools, plan.destroy)).id;
  });
  if (problems.length > 0) facts.problems = problems;
  const orphans = facts.orphans as LabelledResource[];
  return new HathiError(
    'OPERATION_INTERRUPTED',
    [
      `${how}. Nothing was applied again.`,
      orphans.length > 0
        ? `Made, but in no state: ${orphans.map(({ name }) => name).join(', ')}.`
        : 'All that was made is in the state.',
      facts.plan_id === null
        ? `No new plan could be made: ${problems.join(' ')}`
        : 'A new plan contains the remaining changes.',
    ].join(' '),
    facts,
  );
}

async function orphansNow(
  context: StageContext,
  tools: TerraformTools,
): Promise<LabelledResource[]> {
  return await orphansOf(context, tools, await reconcileState(context, tools));
}
