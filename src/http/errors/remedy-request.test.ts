import { expect, it } from 'vitest';
import { HathiError } from '../../core/errors.ts';
import type { Remedy } from '../../core/remedy.ts';
import { problemOf } from './problem.ts';
import { requestOf } from './remedy-request.ts';

it.each<[Remedy, string]>([
  [
    { action: 'run-step', step: 'plan-terraform', cluster: 'orders' },
    'POST /plan-terraform {"cluster":"orders"}',
  ],
  [{ action: 'run-step', step: 'plan-terraform', cluster: 'default' }, 'POST /plan-terraform {}'],
  [
    { action: 'run-step', step: 'create-ansible-script', cluster: 'a', body: { work_mem: null } },
    'POST /create-ansible-script {"cluster":"a","work_mem":null}',
  ],
  [{ action: 'create-cluster', cluster: 'a' }, 'POST /api/v1/clusters {"name":"a"}'],
  [{ action: 'list-clusters' }, 'GET /api/v1/clusters'],
  [
    { action: 'disable-protection', cluster: 'a' },
    'PATCH /api/v1/clusters/a {"deletion_protection":false}',
  ],
  [{ action: 'forget-cluster', cluster: 'a' }, 'POST /api/v1/clusters/a/forget {"confirm":"a"}'],
  [{ action: 'list-operations' }, 'GET /api/v1/operations'],
  [{ action: 'watch-operation', operation: '1' }, 'GET /api/v1/operations/1/events'],
  [{ action: 'approve-operation', operation: '1' }, 'POST /api/v1/operations/1/approve {}'],
  [{ action: 'cancel-operation', operation: '1' }, 'POST /api/v1/operations/1/cancel {}'],
  [{ action: 'retry-operation', operation: '1' }, 'POST /api/v1/operations/1/retry {}'],
])('words %j as a request', (remedy, request) => {
  expect(requestOf(remedy)).toBe(request);
});

it('returns the remedies of an error with their requests, and drops invalid remedies', () => {
  const remedies = [{ action: 'list-clusters' }];
  const problem = problemOf(new HathiError('CLUSTER_NOT_FOUND', 'Not there.', { remedies }));
  expect(problem.remedies).toEqual([{ action: 'list-clusters', request: 'GET /api/v1/clusters' }]);
  const wrong = new HathiError('CLUSTER_NOT_FOUND', 'Not there.', { remedies: ['something'] });
  expect(problemOf(wrong)).not.toHaveProperty('remedies');
});
