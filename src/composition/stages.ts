import type { Stage } from '../ports/stage.ts';
import { createCreateAnsibleScriptStage } from '../stages/ansible/create-ansible-script.ts';
import { createExecuteAnsibleScriptStage } from '../stages/ansible/execute-ansible-script.ts';
import { createRemoveEtcdMembersStage } from '../stages/etcd/remove-etcd-members.ts';
import { createSwitchoverStage } from '../stages/patroni/switchover.ts';
import { createApplyTerraformStage } from '../stages/terraform/apply-terraform.ts';
import { createDestroyTerraformStage } from '../stages/terraform/destroy-terraform.ts';
import { createGenerateTerraformStage } from '../stages/terraform/generate-terraform.ts';
import { createPlanTerraformStage } from '../stages/terraform/plan-terraform.ts';
import { createVerifyReplicationStage } from '../stages/verification/verify-replication.ts';
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
    createSwitchoverStage(tools),
    createRemoveEtcdMembersStage(tools),
    createDestroyTerraformStage(tools),
  ];
}
