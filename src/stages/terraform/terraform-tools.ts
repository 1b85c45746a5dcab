import { stepMissing } from '../../core/cluster/missing-step.ts';
import { plannedNodes } from '../../core/cluster/topology.ts';
import type { Step } from '../../core/operation/steps.ts';
import type { Clock, IdSource } from '../../ports/clock.ts';
import type { SshKeys } from '../../ports/pki.ts';
import type { Probe } from '../../ports/probe.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { StageContext } from '../../ports/stage.ts';
import type { Targets } from '../../ports/target.ts';
import type { Terraform, TerraformRun } from '../../ports/terraform.ts';
import type { Workspace } from '../../ports/workspace.ts';

/** Tools of the stages that use Terraform. */
export interface TerraformTools {
  terraform: Terraform;
  targets: Targets;
  /** Observes which node is the primary before a plan removes machines. */
  probe: Probe;
  workspace: Workspace;
  secretBox: SecretBox;
  sshKeys: SshKeys;
  ids: IdSource;
  clock: Clock;
}

export const FOLDER = 'terraform';
export const STATE_FILE = 'terraform.tfstate';
/** File that Terraform writes if it could not write its state file. */
export const ERRORED_STATE_FILE = 'errored.tfstate';
export const UNREADABLE_STATE_FILE = `${STATE_FILE}.unreadable`;
export const LOCK_FILE = '.terraform.lock.hcl';

export function terraformRun(context: StageContext, { workspace }: TerraformTools): TerraformRun {
  const { spec, nodes } = context.cluster;
  return {
    children: context.children,
    folder: workspace.path(context.cluster.name, FOLDER),
    scratch: workspace.operationFolder(context.operation.id),
    nodes: [...plannedNodes(spec), ...(nodes ?? [])].map(({ name }) => name),
  };
}

/**
 * Checks that the generated files still exist, because a person can remove them.
 * @throws STEP_MISSING if the configuration of the cluster is missing
 */
export async function requireConfiguration(
  { cluster }: StageContext,
  { workspace }: Pick<TerraformTools, 'workspace'>,
  step: Step,
): Promise<void> {
  if ((await workspace.read(cluster.name, `${FOLDER}/main.tf`)) !== null) return;
  const path = workspace.path(cluster.name, FOLDER, 'main.tf');
  throw stepMissing(step, 'generate-terraform', cluster.name, missingFile(path));
}

/** Reason why a step that needs a generated file cannot run. */
export function missingFile(path: string): string {
  return `${path} does not exist; it was removed after it was generated.`;
}

/** Text of the lock file of providers; empty if none is locked. */
export async function readLockFile(
  context: StageContext,
  { workspace }: TerraformTools,
): Promise<string> {
  const bytes = await workspace.read(context.cluster.name, `${FOLDER}/${LOCK_FILE}`);
  return bytes === null ? '' : Buffer.from(bytes).toString();
}
