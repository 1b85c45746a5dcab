// Written by scripts/client.ts from openapi.json; change the routes, not this file.

/** Values of members of the body of createCluster. */
export const CLUSTER_VALUES = {
  target: ['local', 'aws'],
  postgres_version: ['15', '16', '17', '18'],
  failover_profile: ['fast', 'balanced', 'patient'],
  connection: ['public', 'private', 'bastion', 'ssm'],
  max_replica_count: 15,
} as const;
