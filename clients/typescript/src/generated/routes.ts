// Written by scripts/client.ts from openapi.json; change the routes, not this file.

import type { operations } from './schema.ts';

export const ROUTES = {
  applyTerraform: { method: 'POST', path: '/apply-terraform', query: [] },
  approveOperation: { method: 'POST', path: '/api/v1/operations/{id}/approve', query: [] },
  cancelOperation: { method: 'POST', path: '/api/v1/operations/{id}/cancel', query: [] },
  createAnsibleScript: { method: 'POST', path: '/create-ansible-script', query: [] },
  createCluster: { method: 'POST', path: '/api/v1/clusters', query: [] },
  destroyCluster: { method: 'DELETE', path: '/api/v1/clusters/{name}', query: ['confirm'] },
  destroyTerraform: { method: 'POST', path: '/destroy-terraform', query: [] },
  executeAnsibleScript: { method: 'POST', path: '/execute-ansible-script', query: [] },
  followOperation: { method: 'GET', path: '/api/v1/operations/{id}/events', query: ['after'] },
  forgetCluster: { method: 'POST', path: '/api/v1/clusters/{name}/forget', query: [] },
  generateTerraform: { method: 'POST', path: '/generate-terraform', query: [] },
  getCluster: { method: 'GET', path: '/api/v1/clusters/{name}', query: [] },
  getConnection: { method: 'GET', path: '/api/v1/clusters/{name}/connection', query: [] },
  getError: { method: 'GET', path: '/errors/{code}', query: [] },
  getHealth: { method: 'GET', path: '/health', query: [] },
  getLatestReport: { method: 'GET', path: '/api/v1/clusters/{name}/report', query: [] },
  getMetrics: { method: 'GET', path: '/metrics', query: [] },
  getOperation: { method: 'GET', path: '/api/v1/operations/{id}', query: [] },
  getPlan: { method: 'GET', path: '/api/v1/plans/{id}', query: [] },
  getReadiness: { method: 'GET', path: '/ready', query: [] },
  getReport: { method: 'GET', path: '/api/v1/reports/{id}', query: [] },
  listClusters: { method: 'GET', path: '/api/v1/clusters', query: ['limit', 'cursor', 'label'] },
  listNodes: { method: 'GET', path: '/api/v1/clusters/{name}/nodes', query: [] },
  listOperations: { method: 'GET', path: '/api/v1/operations', query: ['limit', 'cursor', 'cluster', 'state'] },
  listOrphans: { method: 'GET', path: '/api/v1/orphans', query: ['region'] },
  listParameters: { method: 'GET', path: '/api/v1/clusters/{name}/parameters', query: [] },
  listPlans: { method: 'GET', path: '/api/v1/clusters/{name}/plans', query: ['limit', 'cursor'] },
  listReports: { method: 'GET', path: '/api/v1/clusters/{name}/reports', query: ['limit', 'cursor'] },
  planTerraform: { method: 'POST', path: '/plan-terraform', query: [] },
  retryOperation: { method: 'POST', path: '/api/v1/operations/{id}/retry', query: [] },
  updateCluster: { method: 'PATCH', path: '/api/v1/clusters/{name}', query: [] },
  verifyCluster: { method: 'POST', path: '/api/v1/clusters/{name}/verify', query: [] },
  verifyReplication: { method: 'POST', path: '/verify-replication', query: [] },
} as const satisfies Record<
  keyof operations,
  { method: string; path: string; query: readonly string[] }
>;
