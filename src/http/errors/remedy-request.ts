import { DEFAULT_CLUSTER } from '../../core/cluster/cluster-spec.ts';
import type { Remedy } from '../../core/remedy.ts';

/**
 * The request that executes a remedy: method, path, and the body as JSON if there is one, e.g.
 * `POST /plan-terraform {"cluster":"orders"}`.
 */
export function requestOf(remedy: Remedy): string {
  const {
    action,
    cluster = '',
    step = '',
    node = '',
    command = '',
    operation = '',
    body = {},
  } = remedy;
  const ofCluster = `/api/v1/clusters/${cluster}`;
  const ofOperation = `/api/v1/operations/${operation}`;
  switch (action) {
    case 'run-step':
      return withBody(`POST /${step}`, {
        ...(cluster === DEFAULT_CLUSTER ? {} : { cluster }),
        ...body,
      });
    case 'create-cluster':
      return withBody('POST /api/v1/clusters', { name: cluster });
    case 'list-clusters':
      return 'GET /api/v1/clusters';
    case 'disable-protection':
      return withBody(`PATCH ${ofCluster}`, { deletion_protection: false });
    case 'forget-cluster':
      return withBody(`POST ${ofCluster}/forget`, { confirm: cluster });
    case 'list-operations':
      return 'GET /api/v1/operations';
    case 'watch-operation':
      return `GET ${ofOperation}/events`;
    case 'approve-operation':
      return withBody(`POST ${ofOperation}/approve`, {});
    case 'cancel-operation':
      return withBody(`POST ${ofOperation}/cancel`, {});
    case 'retry-operation':
      return withBody(`POST ${ofOperation}/retry`, {});
    case 'show-cluster':
      return `GET ${ofCluster}`;
    case 'run-on-node':
      return `on ${node}, as root: ${command}`;
  }
}

function withBody(request: string, body: Record<string, unknown>): string {
  return `${request} ${JSON.stringify(body)}`;
}
