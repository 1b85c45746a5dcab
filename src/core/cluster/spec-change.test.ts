import { expect, it } from 'vitest';
import type { ClusterSpec } from './cluster-spec.ts';
import { specChanges } from './spec-change.ts';

const spec: ClusterSpec = {
  name: 'orders',
  target: 'local',
  instance_type: 't2.medium',
  replica_count: 2,
  postgres_version: '17',
  failover_profile: 'balanced',
  allow_list: ['10.1.0.0/16'],
  parameters: { max_connections: '100', work_mem: '4MB' },
};

it('lists nothing between equal specs', () => {
  expect(specChanges(spec, structuredClone(spec))).toEqual([]);
});

it('lists each member with both values and its effect', () => {
  const after: ClusterSpec = {
    ...spec,
    replica_count: 3,
    failover_profile: 'fast',
    allow_list: [],
    parameters: { max_connections: '200', shared_preload_libraries: 'auto_explain' },
  };
  expect(specChanges(spec, after)).toEqual([
    { field: 'allow_list', before: '["10.1.0.0/16"]', after: '[]', effect: 'machines' },
    { field: 'failover_profile', before: 'balanced', after: 'fast', effect: 'configuration' },
    { field: 'parameters.max_connections', before: '100', after: '200', effect: 'restart' },
    {
      field: 'parameters.shared_preload_libraries',
      before: null,
      after: 'auto_explain',
      effect: 'restart',
    },
    { field: 'parameters.work_mem', before: '4MB', after: null, effect: 'reload' },
    { field: 'replica_count', before: '2', after: '3', effect: 'machines' },
  ]);
});

it('compares the settings of a target member by member', () => {
  const withVolume = (size: number) =>
    ({ ...spec, aws: { region: 'eu-west-1', volume_size_gib: size } }) as unknown as ClusterSpec;
  const change = specChanges(withVolume(20), withVolume(40));
  expect(change).toEqual([
    { field: 'aws.volume_size_gib', before: '20', after: '40', effect: 'machines' },
  ]);
});
