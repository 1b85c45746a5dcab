import { expect, it } from 'vitest';
import { type PlaybookFacts, readLines } from './events.ts';

const LINES = [
  '[WARNING]: something plain',
  '{"event":"playbook_started","at":"2026-01-01T00:00:00.000Z"}',
  '{"event":"task_started","at":"…","task":"Start etcd","role":"etcd"}',
  '{"event":"host_task","task":"Start etcd","role":"etcd","host":"orders-1","status":"changed","duration_seconds":0.4}',
  '{"event":"host_task","task":"Start etcd","role":"etcd","host":"orders-2","status":"unreachable","duration_seconds":3,"message":"no route"}',
  '{"event":"progress","host":"orders-2","verb":"patroni-member","progress":{"state":"creating replica","copied_bytes":4096}}',
  '{"event":"recap","duration_seconds":4,"hosts":{"orders-1":{"ok":1,"changed":1,"failed":0,"unreachable":0,"skipped":0}}}',
  '{"event":"host_task","task":"half a li',
];

it('turns the lines of the callback into events, and keeps recap and failures', () => {
  const facts: PlaybookFacts = { recap: {}, failures: [] };
  const events = readLines(LINES, facts);
  expect(events.map(({ type }) => type)).toEqual([
    'ansible.task',
    'ansible.host',
    'ansible.host',
    'node.progress',
    'ansible.recap',
  ]);
  expect(events[2]?.data).toEqual({
    task: 'Start etcd',
    role: 'etcd',
    host: 'orders-2',
    status: 'unreachable',
    duration_seconds: 3,
    message: 'no route',
  });
  expect(events[3]?.data).toEqual({
    ...{ node: 'orders-2', verb: 'patroni-member' },
    ...{ state: 'creating replica', copied_bytes: 4096 },
  });
  expect(facts.recap['orders-1']?.changed).toBe(1);
  expect(facts.failures).toEqual([
    { host: 'orders-2', role: 'etcd', task: 'Start etcd', message: 'no route', rejected: null },
  ]);
});
