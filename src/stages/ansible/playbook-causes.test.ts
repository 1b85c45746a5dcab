import { expect, it } from 'vitest';
import type { PlaybookFailure } from '../../ports/ansible.ts';
import { causesOf, causeText } from './playbook-causes.ts';

function failure(host: string, task: string, message: string | null): PlaybookFailure {
  return { host, role: 'patroni', task, message, rejected: null };
}

it('reports the task that failed first, with the first visible reason', () => {
  const causes = causesOf([
    failure('orders-2', 'Start Patroni', null),
    failure('orders-2', 'Report why Patroni is not up', 'no space left on device'),
    failure('orders-3', 'Start Patroni', 'the node cannot be reached over SSH'),
  ]);
  expect(causes.map(causeText)).toEqual([
    'orders-2 failed at "Start Patroni": no space left on device.',
    'orders-3 failed at "Start Patroni": the node cannot be reached over SSH.',
  ]);
});

it('names the journal if no reason is visible', () => {
  expect(causesOf([failure('orders-1', 'Start etcd', null)]).map(causeText)).toEqual([
    'orders-1 failed at "Start etcd": the task handles secrets, so its output is not shown; see the journal of the node.',
  ]);
});
