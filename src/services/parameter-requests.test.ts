import { describe, expect, it } from 'vitest';
import type { ClusterSpec } from '../core/cluster/cluster-spec.ts';
import type { ParameterValue } from './api.ts';
import { checkedParameters } from './parameter-requests.ts';

const SIZE = { memory_bytes: 2 ** 31, disk_bytes: 2 ** 34 };

function put(given: Record<string, ParameterValue>, over: Record<string, string> = {}) {
  const spec: ClusterSpec = {
    name: 'orders',
    target: 'local',
    instance_type: 't2.medium',
    replica_count: 2,
    postgres_version: '17',
    failover_profile: 'balanced',
    allow_list: [],
    parameters: over,
  };
  return checkedParameters({ spec }, given, SIZE);
}

describe('parameters put over those of a cluster', () => {
  it('keeps what is left out, replaces what is given and resets what is null', () => {
    const before = { work_mem: '8MB', max_connections: '200', DateStyle: 'ISO, DMY' };
    expect(put({ max_connections: 300, WORK_MEM: null }, before)).toEqual({
      DateStyle: 'ISO, DMY',
      max_connections: '300',
    });
  });

  it('resets what was never set', () => {
    expect(put({ work_mem: null }, { max_connections: '200' })).toEqual({ max_connections: '200' });
  });

  it.each([
    ['work_men', 'PARAMETER_UNKNOWN'],
    ['primary_conninfo', 'PARAMETER_OWNED'],
    ['block_size', 'PARAMETER_READ_ONLY'],
  ])('refuses to reset %s', (name, code) => {
    expect(() => put({ [name]: null })).toThrow(expect.objectContaining({ code }));
  });

  it('keeps nothing of a request of which one part is wrong', () => {
    expect(() => put({ work_men: null, max_connections: 'many' })).toThrow(
      expect.objectContaining({
        details: {
          errors: [expect.anything(), expect.objectContaining({ path: '/max_connections' })],
        },
      }),
    );
  });
});
