import { type Procedure, stage } from './procedure.ts';

/** Brings a new or an existing cluster to its spec, and verifies its replication. */
export const converge: Procedure = {
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
