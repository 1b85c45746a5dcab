import type { Stage } from '../ports/stage.ts';
import { createApplyTerraformStage } from '../stages/apply-terraform.ts';
import { createCreateAnsibleScriptStage } from '../stages/create-ansible-script.ts';
import { createDestroyTerraformStage } from '../stages/destroy-terraform.ts';
import { createExecuteAnsibleScriptStage } from '../stages/execute-ansible-script.ts';
import { createGenerateTerraformStage } from '../stages/generate-terraform.ts';
import { createPlanTerraformStage } from '../stages/plan-terraform.ts';
import { createVerifyReplicationStage } from '../stages/verify-replication.ts';
import type { Tools } from './tools.ts';

/** Every stage that a procedure may name. */
export function createStages(tools: Tools): Stage[] {
  return [
    createGenerateTerraformStage(tools),
    createPlanTerraformStage(tools),
    createApplyTerraformStage(tools),
    createCreateAnsibleScriptStage(tools),
    createExecuteAnsibleScriptStage(tools),
    createVerifyReplicationStage(tools),
    createDestroyTerraformStage(tools),
  ];
}
