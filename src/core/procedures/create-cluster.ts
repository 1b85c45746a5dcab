import { type Procedure, stage } from './procedure.ts';

/** Creates a cluster from a spec and verifies its replication. */
export const createCluster: Procedure = {
  access: 'change',
  stages: () => [
    stage('generate-terraform'),
    stage('plan-terraform'),
    stage('apply-terraform', { needs_approval: true }),
    stage('create-ansible-script'),
    stage('execute-ansible-script'),
    stage('verify-replication'),
  ],
};
