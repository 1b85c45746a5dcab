import { describe, expect, it } from 'vitest';
import type { ClusterSpec } from './cluster-spec.ts';
import { type AppliedSpecs, pendingChange } from './pending-change.ts';

const SPEC: ClusterSpec = {
  name: 'pg',
  target: 'local',
  instance_type: 't2.medium',
  replica_count: 2,
  postgres_version: '17',
  failover_profile: 'balanced',
  allow_list: [],
  parameters: { work_mem: '8MB', max_connections: '100' },
};

const DONE: AppliedSpecs = {
  spec: SPEC,
  applied_spec: SPEC,
  executed_spec: SPEC,
  spec_revision: 3,
  infrastructure_revision: 3,
  terraform_generated_revision: 3,
  applied_revision: 3,
  ansible_generated_revision: 3,
};
const grown = { ...SPEC, replica_count: 3 };
const growth = { field: 'replica_count', before: '2', after: '3', effect: 'machines' } as const;

describe('pendingChange', () => {
  it.each<[string, Partial<AppliedSpecs>, ReturnType<typeof pendingChange>]>([
    ['nothing where all steps ran', {}, null],
    [
      'a spec whose files are not written',
      { spec: grown, spec_revision: 4, infrastructure_revision: 4 },
      { fields: ['replica_count'], changes: [growth], next_step: 'generate-terraform' },
    ],
    [
      'a spec whose files are written',
      {
        spec: grown,
        spec_revision: 4,
        infrastructure_revision: 4,
        terraform_generated_revision: 4,
      },
      { fields: ['replica_count'], changes: [growth], next_step: 'plan-terraform' },
    ],
    [
      'machines that Ansible has not set up',
      {
        spec: grown,
        applied_spec: grown,
        spec_revision: 4,
        infrastructure_revision: 4,
        terraform_generated_revision: 4,
        applied_revision: 4,
      },
      { fields: ['replica_count'], changes: [growth], next_step: 'create-ansible-script' },
    ],
    [
      'a playbook that did not run',
      {
        spec: { ...SPEC, parameters: { work_mem: '9MB' } },
        spec_revision: 4,
        ansible_generated_revision: 4,
      },
      {
        fields: ['parameters'],
        changes: [
          { field: 'parameters.max_connections', before: '100', after: null, effect: 'restart' },
          { field: 'parameters.work_mem', before: '8MB', after: '9MB', effect: 'reload' },
        ],
        next_step: 'execute-ansible-script',
      },
    ],
    [
      'nothing of a spec that was changed and changed back',
      {
        spec: { ...SPEC, parameters: { max_connections: '100', work_mem: '8MB' } },
        spec_revision: 5,
        infrastructure_revision: 5,
        terraform_generated_revision: 5,
      },
      null,
    ],
    [
      'machines of a change that was applied and then changed back',
      {
        applied_spec: grown,
        spec_revision: 5,
        infrastructure_revision: 5,
        terraform_generated_revision: 5,
        applied_revision: 4,
      },
      {
        fields: ['replica_count'],
        changes: [{ ...growth, before: '3', after: '2' }],
        next_step: 'plan-terraform',
      },
    ],
    ['nothing before the nodes were set up', { executed_spec: null }, null],
  ])('finds %s', (_what, change, expected) => {
    expect(pendingChange({ ...DONE, ...change })).toEqual(expected);
  });
});
