import { randomUUID } from 'node:crypto';
import type { ClusterRecord } from '../../src/ports/stores.ts';
import { newCluster as emptyCluster } from '../../src/services/clusters/cluster-requests.ts';

let networkIndex = 0;

/** A new cluster, without any machine. */
export function newCluster(
  overrides: Partial<ClusterRecord> = {},
): Omit<ClusterRecord, 'created_at' | 'updated_at'> {
  const name = overrides.name ?? `c-${randomUUID().slice(0, 8)}`;
  const spec: ClusterRecord['spec'] = {
    name,
    target: 'local',
    instance_type: 't2.medium',
    replica_count: 2,
    postgres_version: '17',
    failover_profile: 'balanced',
    allow_list: [],
    parameters: {},
  };
  return { ...emptyCluster(randomUUID(), 'abc123', spec, networkIndex++), ...overrides };
}
