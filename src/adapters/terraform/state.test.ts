import { expect, it } from 'vitest';
import { readState } from './state.ts';

const node = (name: string) => ({
  name,
  address: '10.197.0.11',
  subnet: '10.197.0.0/24',
  ssh_host: '127.0.0.1',
  ssh_port: 20_000,
  postgres_host: null,
  postgres_port: null,
  zone: null,
  instance_id: null,
});
const STATE = JSON.stringify({
  version: 4,
  lineage: '6b1e',
  serial: 7,
  outputs: { nodes: { value: { 'pg-10': node('pg-10'), 'pg-2': node('pg-2') }, type: 'any' } },
  resources: [
    { mode: 'data', type: 'x', name: 'read', instances: [{}] },
    { module: 'module.cluster', mode: 'managed', type: 't', name: 'network', instances: [{}] },
    {
      module: 'module.cluster',
      mode: 'managed',
      type: 't',
      name: 'node',
      instances: [{ index_key: 'pg-2', attributes: { id: 'i-0a' } }, { index_key: 0 }],
    },
  ],
});

it('reads what Hathi needs', () => {
  expect(readState(Buffer.from(STATE))).toEqual({
    lineage: '6b1e',
    serial: 7,
    addresses: [
      'module.cluster.t.network',
      'module.cluster.t.node["pg-2"]',
      'module.cluster.t.node[0]',
    ],
    ids: ['i-0a'],
    nodes: [node('pg-2'), node('pg-10')],
  });
});

it('takes no half of a state for a state, wherever it was cut', () => {
  for (let length = 0; length < STATE.length; length += 1) {
    expect(readState(Buffer.from(STATE.slice(0, length)))).toBeNull();
  }
  expect(readState(Buffer.from('{"version":3,"lineage":"a","serial":1}'))).toBeNull();
});
