import { expect, it } from 'vitest';
import {
  newStage,
  type ProgressEvent,
  type StageProgress,
  stagesOf,
  takeEvent,
} from './progress-model.ts';

/** An event of any type with a part of its data. */
const take = (stage: StageProgress, type: string, second: number, data: object = {}) =>
  takeEvent(stage, { type, stage: stage.name, at: at(second), data } as ProgressEvent);

const at = (second: number) => new Date(1_700_000_000_000 + second * 1_000).toISOString();

it('takes a stage from its start to its end', () => {
  const stage = newStage('apply-terraform');
  const tell = (type: string, second: number, data = {}) => take(stage, type, second, data);
  tell('stage.started', 0);
  expect(stage.state).toBe('running');
  const address = 'module.nodes.terraform_data.node["orders-1"]';
  const resource = { address, node: 'orders-1', action: 'create' };
  expect(tell('terraform.resource', 1, { ...resource, status: 'started' })).toBe('orders-1');
  expect(stage.nodes.get('orders-1')).toEqual({ mark: 'busy', text: 'being created' });
  tell('terraform.resource', 2, { ...resource, status: 'completed' });
  tell('stage.succeeded', 3, { seconds: 2.9 });
  expect(stage).toMatchObject({ state: 'done', seconds: 2.9, summary: '1 node' });
});

it('shows the resources of each node, and the others as the network', () => {
  const stage = newStage('apply-terraform');
  const made = { action: 'create', status: 'completed' };
  for (const node of ['orders-1', 'orders-1', null, null]) {
    take(stage, 'terraform.resource', 1, { address: 'any', node, ...made });
  }
  take(stage, 'stage.succeeded', 1, { seconds: 1 });
  expect([...stage.nodes.keys()]).toEqual(['orders-1', 'network']);
  expect(stage.summary).toBe('1 node');
});

it('keeps the last task of a node that did something', () => {
  const stage = newStage('execute-ansible-script');
  const tell = (task: string, status: string) =>
    take(stage, 'ansible.host', 1, { host: 'orders-1', task, status });
  expect(tell('Start etcd', 'changed')).toBe('orders-1');
  expect(tell('Restart etcd, one member at a time', 'skipped')).toBeNull();
  expect(stage.nodes.get('orders-1')).toEqual({ mark: 'good', text: 'Start etcd (changed)' });
});

it('shows how much of a copy has arrived, until the task of the node ends', () => {
  const stage = newStage('execute-ansible-script');
  const event = (type: string, data: object) => take(stage, type, 1, data);
  const progress = { node: 'orders-2', verb: 'patroni-member', state: 'creating replica' };
  event('node.progress', { ...progress, copied_bytes: 3 * 2 ** 29 });
  expect(stage.nodes.get('orders-2')).toEqual({
    mark: 'busy',
    text: 'creating replica, 1.50 GiB copied',
  });
  event('ansible.host', { host: 'orders-2', task: 'Start Patroni', status: 'changed' });
  expect(stage.nodes.get('orders-2')).toMatchObject({ mark: 'good' });
});

it('measures a stage that failed, and begins anew with a new attempt', () => {
  const stage = newStage('plan-terraform');
  const tell = (type: string, second: number) => take(stage, type, second);
  tell('stage.started', 0);
  tell('stage.interrupted', 4);
  expect(stage).toMatchObject({ state: 'failed', seconds: 4, summary: 'interrupted' });
  tell('stage.started', 5);
  expect(stage).toMatchObject({ state: 'running', seconds: 0, summary: '' });
});

it('takes over what was done before one looked', () => {
  const record = { started_at: at(0), ended_at: at(2) };
  const [done, running] = stagesOf([
    { position: 0, name: 'plan-terraform', state: 'succeeded', ...record },
    { position: 1, name: 'apply-terraform', state: 'running', started_at: at(2), ended_at: null },
  ]);
  expect(done).toMatchObject({ state: 'done', seconds: 2 });
  expect(running).toMatchObject({ state: 'waiting' });
});

it('shows that the image of the nodes is being built', () => {
  const stage = newStage('generate-terraform');
  const message = 'node image: building hathi-node:bookworm-0123 (about a minute, once)';
  const data = { level: 'info', message };
  takeEvent(stage, { type: 'terraform.log', stage: stage.name, at: at(1), data });
  expect(stage.activity).toBe(message);
});
