import { describe, expect, it } from 'vitest';
import type { ClusterSpec } from '../../core/cluster/cluster-spec.ts';
import type { ParameterValue } from '../operations/requests.ts';
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

describe('many parameters', () => {
  const names = (count: number, name: string) =>
    Array.from({ length: count }, (_, index) => `${name}${index}`);

  it('names the nearest one for the first ten unknown names only', () => {
    const given = Object.fromEntries(names(400, 'max_connection').map((name) => [name, 1]));
    for (const reset of [false, true]) {
      const values = Object.keys(given).map((name) => [name, reset ? null : 1]);
      const error = thrownBy(() => put(Object.fromEntries(values)));
      expect(error).toMatchObject({ code: 'PARAMETER_UNKNOWN', details: { error_count: 400 } });
      const { errors } = (error as { details: { errors: { suggestion?: string }[] } }).details;
      expect(errors).toHaveLength(20);
      expect(errors.filter(({ suggestion }) => suggestion !== undefined)).toHaveLength(10);
    }
  });

  it('refuses more than a cluster can have, also in several requests', () => {
    const all = names(400, 'my.setting').map((name) => [name, '1']);
    const more = names(101, 'my.other').map((name) => [name, '1']);
    expect(thrownBy(() => put(Object.fromEntries(more), Object.fromEntries(all)))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('501 parameters; at most 500'),
    });
    expect(
      Object.keys(put(Object.fromEntries(more.slice(1)), Object.fromEntries(all))),
    ).toHaveLength(500);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
