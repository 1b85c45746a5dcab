import { randomUUID } from 'node:crypto';
import type { ClusterRecord } from '../../src/ports/stores.ts';

let networkIndex = 0;

/** A cluster nobody has done anything to yet. */
export function newCluster(
  overrides: Partial<ClusterRecord> = {},
): Omit<ClusterRecord, 'created_at' | 'updated_at'> {
  const name = overrides.name ?? `c-${randomUUID().slice(0, 8)}`;
  return {
    id: randomUUID(),
    name,
    site: 'abc123',
    spec: {
      name,
      target: 'local',
      instance_type: 't2.medium',
      replica_count: 2,
      postgres_version: '17',
      failover_profile: 'balanced',
      allow_list: [],
      parameters: {},
    },
    spec_revision: 1,
    infrastructure_revision: 1,
    network_index: networkIndex++,
    terraform_generated_revision: null,
    applied_revision: null,
    ansible_generated_revision: null,
    ansible_executed_revision: null,
    applied_spec: null,
    executed_spec: null,
    nodes: null,
    topology: null,
    node_size: null,
    labels: {},
    deletion_protection: false,
    metadata_revision: 1,
    destroyed_at: null,
    ...overrides,
  };
}
