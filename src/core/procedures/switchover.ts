import { type Procedure, stage } from './procedure.ts';

/** Makes a replica the primary, and verifies its replication. The request is the approval. */
export const switchover: Procedure = {
  access: 'change',
  stages: () => [stage('switchover'), stage('verify-replication')],
};
